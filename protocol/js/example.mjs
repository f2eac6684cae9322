// A whole renewal in the reference hall: served by it at /sdk/example.html.
import Keyhall from './keyhall.mjs';

const form = document.forms[0], pay = document.getElementById('pay');
const say = (text) => { document.getElementById('say').textContent = text; };

async function api(path, body) {
	const answer = await fetch('/api/' + path, body &&
		{method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
	const value = await answer.json();
	if (value.error) { throw new Error(value.error.message.zh); }
	return value.order || value;
}

const issued = (order) => Object.assign({publicKey: order.publicKey, installed: /INSTALLED|INVOICED/.test(order.state)}, order.issued);
const hallOf = (path, dual) => ({
	key: ({csr, proof, importAlgorithms}) => api(path + '/key', dual ? {csr, proof, importAlgorithms} : {csr, proof}).then(issued),
	envelope: () => api(path + '/envelope', {}).then(issued),
	issued: () => api(path).then(issued),
	receipt: (receipt) => api(path + '/receipt', {receipt})
});

async function renew(contact) {
	const {agent, dual} = await api('hall');
	const client = await Keyhall.connect({ports: agent.ports, minimum: agent.minimum, onstate: (state) => say(state.text)});
	client.on('renewal.progress', ({text, step, of}) => say(`${text}（${step}/${of}）`));
	const {certificates} = await client.certificate.list();
	const old = certificates.find((one) => one.renewal.state === 'open' && one.hasPrivateKey !== false && one.usage !== 'encrypt');
	if (!old) { return say('没有可更新的证书'); }
	let order = await api('orders', {certificate: old.pem});
	const path = 'orders/' + order.id, {company, creditCode} = order.certificate;
	if (/NEW|BOUND/.test(order.state)) { order = await api(path + '/confirm', {company, creditCode, contact}); }
	if (/CONFIRMED|PAYING/.test(order.state)) {
		order = await api(path + '/payment', {});
		pay.href = order.payment.url;
		pay.textContent = `请支付 ${order.price / 100} 元`;
	}
	for (; order.state === 'PAYING'; order = await api(path)) { await new Promise((go) => setTimeout(go, 2000)); }
	await client.drive(order.id, hallOf(path, dual), {certificate: old.id, key: order.key, keyType: order.keyType, dual});
	say('证书更新成功');
}

form.addEventListener('submit', (event) => {
	event.preventDefault();
	renew(Object.fromEntries(new FormData(form))).catch((error) => say(error.message));
});
