// keyhall-hall bundle: a configuration from which an agent is ready for the hall, and its signature.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Client } from '../lib/client.mjs';
import { hallName } from '../lib/hall.mjs';
import { program } from '../lib/paths.mjs';
import { Service, removeFolder, run, temporaryFolder, untilListening } from '../lib/process.mjs';
import { renew } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

// RFC 7515, appendix F: the payload lies beside its signature.
function verifies(jws, payload, key) {
	const [header, middle, signature] = jws.split('.');
	assert.equal(middle, '');
	const { alg, kid, ...rest } = JSON.parse(Buffer.from(header, 'base64url'));
	assert.deepEqual([alg, kid, rest], ['EdDSA', sha256(key.export({ type: 'spki', format: 'der' })), {}]);
	return verify(null, Buffer.from(`${header}.${payload.toString('base64url')}`), key, Buffer.from(signature, 'base64url'));
}

// What is the computer's own, beside the bundle: its driver, and here the PIN window and the state of a test.
function writeOwnFile(scene) {
	const { modules, pinentry, state } = scene.daemon.settings;
	const folder = path.join(scene.daemon.env.XDG_CONFIG_HOME, 'keyhall');
	mkdirSync(folder, { recursive: true });
	writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ modules, pinentry, state }));
}

test('made beside a running hall, fetched from its downloads: the signature, and a whole renewal with it', async () => {
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', prepare: (folder) => {
		mkdirSync(path.join(folder, 'downloads'));
		return { hallArgs: ['--downloads', path.join(folder, 'downloads'), '--window-before', '2 months'] };
	} });
	let service;
	try {
		await scene.daemon.stop();
		const made = await run(program.hall, ['bundle', ...scene.hall.args]);
		const hall = scene.hall.client(), { downloads } = await hall.get('/api/downloads');
		assert.deepEqual(downloads.map((one) => [one.name, one.kind]), [['hall.json', 'configuration'], ['hall.json.jws', 'signature']]);
		const [bundle, jws] = await Promise.all(downloads.map(async (one) => {
			const data = Buffer.from(await (await hall.fetch(one.url)).arrayBuffer());
			assert.equal(sha256(data), one.sha256);
			return data;
		}));

		const key = createPublicKey(readFileSync(path.join(scene.hall.state, 'signing.pem')));
		assert.match(made.stdout, new RegExp(`signed by ${sha256(key.export({ type: 'spki', format: 'der' }))}`));
		assert.ok(verifies(jws.toString(), bundle, key));
		assert.ok(!verifies(jws.toString(), Buffer.concat([bundle, Buffer.from(' ')]), key), 'another text has another signature');
		assert.deepEqual(JSON.parse(bundle), {
			origins: [scene.origin], halls: [{ origin: scene.origin, name: hallName }], port: scene.daemon.port,
			anchors: [readFileSync(scene.root, 'utf8')], window: { before: '2 months', after: '1 year' },
			downloads: `${scene.origin}/downloads`, updates: { address: `${scene.origin}/downloads/manifest.jws`, key: readFileSync(path.join(scene.hall.state, 'signing.pem'), 'utf8') }, locale: 'zh-CN',
		});

		const file = path.join(scene.folder, 'hall.json');
		writeFileSync(file, bundle);
		writeOwnFile(scene);
		service = new Service(program.keyhalld, ['--config', file, '--foreground'], { env: scene.daemon.env, log: path.join(scene.folder, 'keyhalld.log') });
		await untilListening(service, scene.daemon.port);
		const agent = await Client.connect(scene.daemon.port, { origin: scene.origin });
		await renew(scene, { agent, hall });
		assert.ok(scene.pins.asked().some((line) => line.includes(hallName)), 'the PIN window says who asks');
	} finally {
		await service?.stop();
		await scene.close();
	}
});

test('the key stays; a file of one\'s own; what no configuration can hold', async () => {
	const folder = temporaryFolder(), state = path.join(folder, 'hall'), file = path.join(folder, 'beijing.json');
	const bundle = (...args) => run(program.hall, ['bundle', '--state', state, ...args], { status: null });
	try {
		mkdirSync(folder, { recursive: true });
		const first = await bundle('--out', file), second = await bundle('--out', file, '--origin', 'https://hall.example.cn', '--agent-port', '28317');
		assert.deepEqual([first.status, second.status], [0, 0], first.stderr + second.stderr);
		assert.equal(first.stdout, second.stdout);
		const { origins, port, downloads } = JSON.parse(readFileSync(file, 'utf8'));
		assert.deepEqual([origins, port, downloads], [['https://hall.example.cn'], 28317, undefined]);
		assert.ok(verifies(readFileSync(`${file}.jws`, 'utf8'), readFileSync(file), createPublicKey(readFileSync(path.join(state, 'signing.pem')))));
		for (const [args, field] of [[[], '--downloads'], [['--out', file, '--port', '0'], '--origin'], [['--out', file, '--name-zh', '厅'.repeat(65)], '--name-zh']]) {
			const { status, stderr } = await bundle(...args);
			assert.deepEqual([status, stderr.trim()], [1, `keyhall-hall: input.invalid ${field}`]);
		}
	} finally { removeFolder(folder); }
});
