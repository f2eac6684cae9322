// A page in TypeScript; compiled by contract.test.mjs, never run.
import * as Keyhall from 'KEYHALL';

async function page(): Promise<string> {
	const client: Keyhall.Client = await Keyhall.connect({
		ports: [18317], locale: 'zh-CN', minimum: '1.0.0', reconnect: true,
		onstate: (state) => { if (state.name === 'browser.prompt') console.log(state.text, state.error?.code); }
	});
	const {items} = await client.environment.check();
	for (const item of items) if (item.state === 'fail' && item.remedy) console.log(item.remedy.kind, item.remedy.url);
	const {certificates} = await client.certificate.list({});
	const open = certificates.filter((one) => one.renewal.state === 'open' && one.usage !== 'encrypt' && one.hasPrivateKey !== false);
	const request = await client.renewal.begin({order: 'A', certificate: open[0].id, key: 'new', keyType: 'ec-p256'});
	const {receipt} = await client.renewal.install({order: 'A', certificate: request.csr, chain: []});
	await client.call('pin.verify', {token: open[0].token});
	const info = await client.call('renewal.inspect', {order: 'A'});
	if (info.stage === 'encryption-key' || info.next === 'none') console.log(info.publicKey);
	client.on('token.changed', ({tokens}) => { console.log(tokens.map((token) => token.pin === 'locked')); });
	client.on('renewal.progress', ({order, step, of, text}) => { console.log(order, step / of, text); });
	const stop: () => void = client.waitForAgent();
	stop();
	client.on('close', (error) => { console.log(error.data.close); });
	client.token.list((error, result) => { console.log(error?.name, result?.tokens.length); });
	client.pin.change({token: 'pkcs11:'}, (error) => { if (error?.name === 'pin.incorrect') console.log(error.data.left === 'last'); });
	return receipt;
}

const hall: Keyhall.Hall = {
	key: async ({csr, proof, publicKey}) => ({certificate: csr + proof, chain: [], publicKey}),
	issued: ({order}, done) => { done(null, {certificate: order, chain: [], installed: false}); },
	envelope: async ({order}) => ({certificate: order, encryption: {certificate: 'PEM', envelope: 'AA==', format: 'rsa-aes-kw'}, installed: false}),
	receipt: async (receipt) => { console.log(receipt.length); }
};

async function recover(client: Keyhall.Client): Promise<void> {
	try {
		const done = await client.drive('A', hall, {certificate: 'id', onstep: ({step}) => { if (step === 'wait') console.log(step); }});
		console.log(done.stage === 'completed', done.retired.length);
		await client.renewal.drive('A', hall);
		client.drive('A', hall, (error, result) => { console.log(error, result?.order); });
	} catch (error) {
		if (error instanceof Keyhall.KeyhallError && error.name === 'hall.pending') console.log(error.message, error.data.retry);
	}
}

console.log(page, recover, Keyhall.compareVersions('1', '2'), Keyhall.text('browser.blocked', 'zh'), Keyhall.methods.length);
