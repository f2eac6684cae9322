// Parts of two versions: a daemon refuses a token host of another version in one sentence and works with the right one at once; pages with
// an older SDK work with the agent and the hall of today. older/keyhall.cjs is the SDK as it was before 0.1.0 was whole: it stays as it is.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, test } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { program, root } from '../lib/paths.mjs';
import { run, until } from '../lib/process.mjs';
import { payOrder } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId } from '../lib/token.mjs';
import { keyhall } from '../lib/tool.mjs';

const own = (await run(program.keyhalld, ['--version'])).stdout.trim().split(' ')[1];

// The real host with one line of what it says or hears changed, as one of another version would.
function otherHost(folder, { says = '', hears = '' }) {
	const file = path.join(folder, 'token-host');
	const change = (expression) => (expression ? `sed -u '${expression}'` : 'cat');
	writeFileSync(file, `#!/bin/sh\n[ -e '${folder}/mended' ] && exec '${program.token}' "$@"\n${change(hears)} | '${program.token}' "$@" | ${change(says)}\n`);
	chmodSync(file, 0o755);
	return file;
}

describe('a token host of another version', () => {
	const cases = {
		'says which': [{ says: 's/"version":"[^"]*","module"/"version":"0.0.9","module"/' }, '0.0.9'],
		'says less than is asked of one today': [{ says: 's/,"secondReader":[a-z]*//' }],
		'says more': [{ says: 's/"secondReader"/"future":1,"secondReader"/' }],
		'does not understand what it is told': [{ hears: 's/"locale":/"future":/' }],
	};
	for (const [name, [change, version]] of Object.entries(cases))
		test(`${name}: one sentence, no hang, and all is well when it is the right one`, async () => {
			const scene = await makeSoftScene();
			try {
				await scene.daemon.stop();
				await scene.daemon.again({ modules: [{ path: scene.key.module, host: otherHost(scene.folder, change) }] });
				const agent = await scene.connect({ locale: 'en' });
				const begun = Date.now();
				const failure = await refused(agent.call('certificate.list'), 'agent.mixed');
				assert.ok(Date.now() - begun < 30000);
				assert.equal(failure.text, `A part of the key agent is of another version${version ? ` (${version})` : ''}. Start the key agent again, then go on.`);
				assert.deepEqual([failure.data.retry, failure.data.value], ['user', version]);

				const row = async (id) => (await agent.call('environment.check')).items.find((one) => one.id === id);
				assert.deepEqual([(await row('version')).state, (await row('version')).code, (await row('driver')).state], ['fail', 'agent.mixed', 'unknown']);
				assert.match((await row('version')).text, version ? new RegExp(`another version: ${version}, not ${own}\\.`) : /another version\.$/);
				const { status, stdout } = await keyhall(scene.daemon, ['doctor', '--locale', 'en']);
				assert.equal(status, 1);
				assert.match(stdout, /2201 {2}A part of the key agent is of another version/);

				writeFileSync(path.join(scene.folder, 'mended'), '');
				await until(async () => (await agent.call('certificate.list').catch(() => ({ certificates: [] }))).certificates.length > 0, 'the host of this version');
				assert.equal((await row('version')).state, 'ok');
				await agent.close();
			} finally { await scene.close(); }
		});
});

test('an older SDK renews with the agent and the hall of today', async () => {
	const require = createRequire(import.meta.url), Socket = require('ws');
	const Keyhall = require(path.join(root, 'tests/flow/older/keyhall.cjs'));
	assert.equal(Keyhall.Client.prototype.waitForAgent, undefined, 'it is an older one');
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', kind: SoftKey }), web = scene.hall.client();
	globalThis.WebSocket = class extends Socket { constructor(url, protocol) { super(url, protocol, { origin: scene.origin }); } };
	const client = new Keyhall.Client({ ports: [scene.daemon.port], locale: 'en' });
	try {
		const order = await payOrder(web, (await web.post('/api/orders', { certificate: scene.oldPem })).order, { serial: scene.token.serial, company: scene.company });
		const where = `/api/orders/${order.id}`, issued = ({ order: now }) => ({ ...now.issued, publicKey: now.publicKey, installed: now.state === 'INSTALLED' });
		const result = await client.drive(order.id, {
			key: ({ csr, proof }) => web.post(`${where}/key`, { csr, proof }).then(issued),
			issued: () => web.get(where).then(issued),
			receipt: (receipt) => web.post(`${where}/receipt`, { receipt }),
		}, { certificate: certificateId(scene.oldPem), key: 'new' });
		assert.equal(result.stage, 'completed');
		assert.equal((await web.get(where)).order.state, 'INSTALLED');
	} finally {
		client.close();
		await scene.close();
	}
});
