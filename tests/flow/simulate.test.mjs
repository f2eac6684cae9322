// keyhalld --simulate: an agent without a key answers what a file says, and holds the file to the contract.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { Client } from '../lib/client.mjs';
import { program } from '../lib/paths.mjs';
import { Service, freePort, removeFolder, run, temporaryFolder, untilListening } from '../lib/process.mjs';

const origin = 'https://hall.example.cn';
const token = { token: 'pkcs11:serial=42', serial: '42', label: '测试Key', manufacturer: 'M', model: 'K', module: 'none', pin: 'ok' };

async function simulating(lines, action) {
	const folder = temporaryFolder(), port = await freePort();
	mkdirSync(folder, { recursive: true });
	const place = (name, text) => { const file = path.join(folder, name); writeFileSync(file, text); return file; };
	const configuration = place('keyhall.json', JSON.stringify({ port, origins: [origin], state: path.join(folder, 'state') }));
	const args = ['--config', configuration, '--foreground', '--simulate', place('script', `${lines.join('\n')}\n`)];
	try {
		if (!action) return await run(program.keyhalld, args, { status: null });
		const service = new Service(program.keyhalld, args, { env: { HOME: folder, XDG_RUNTIME_DIR: folder }, log: path.join(folder, 'log') });
		await untilListening(service, port);
		try {
			const agent = await Client.connect(port, { origin, locale: 'en' });
			await action(agent);
			await agent.close();
		} finally { await service.stop(); }
	} finally { removeFolder(folder); }
}

test('answers come in their order, the last stays', () => simulating([
	'# a key, then none',
	`token.list ${JSON.stringify({ tokens: [token] })}`,
	'pin.verify pin.incorrect {"left": "last"}',
	'pin.verify pin.locked',
	'pin.verify {}',
	'token.list {"tokens": []}',
], async (agent) => {
	assert.deepEqual(await agent.call('token.list'), { tokens: [token] });
	for (let i = 0; i < 3; i++) assert.deepEqual(await agent.call('token.list'), { tokens: [] });
	await refused(agent.call('pin.verify', { token: token.token }), 'pin.incorrect', { left: 'last', retry: 'user' });
	await refused(agent.call('pin.verify', { token: token.token }), 'pin.locked');
	assert.deepEqual(await agent.call('pin.verify', { token: token.token }), {});
	await refused(agent.call('renewal.list'), 'agent.failed', { call: 'simulate' });
	await refused(agent.call('pin.verify', {}), 'request.invalid', { field: 'token' });
}));

test('notifications go out before their answer, a wait comes before both', () => simulating([
	`token.changed ${JSON.stringify({ tokens: [token] })}`,
	'renewal.progress {"order": "S-1", "step": 1, "of": 4, "text": "Making the key pair"}',
	'wait 300',
	'renewal.complete {"retired": []}',
], async (agent) => {
	const begun = Date.now();
	assert.deepEqual(await agent.call('renewal.complete', { order: 'S-1' }), { retired: [] });
	assert.ok(Date.now() - begun >= 295);
	assert.deepEqual(agent.notifications.map((one) => one.method), ['token.changed', 'renewal.progress']);
	await agent.call('renewal.complete', { order: 'S-1' });
	assert.equal(agent.notifications.length, 2);
}));

for (const [line, complaint] of [
	['token.lists {}', 'token.lists'],
	['agent.hello {}', 'agent.hello'],
	['token.list {"tokens": [{}]}', 'tokens.0.token'],
	['token.list {"tokens": [}', 'this is no answer'],
	['pin.verify pin.wrong', 'pin.wrong'],
	['pin.verify pin.incorrect {"left": 7}', 'error'],
	['pin.verify', 'this is no answer'],
	['wait 600001', 'wait'],
	['renewal.progress {}', 'order'],
])
	test(`a file that breaks the contract: ${line}`, async () => {
		const { status, stderr } = await simulating(['token.list {"tokens": []}', line]);
		assert.equal(status, 2);
		assert.match(stderr, new RegExp(`^keyhalld: .*script:2: ${complaint.replaceAll('.', '\\.')}`));
	});

test('a file that is not there', async () => {
	const { status, stderr } = await run(program.keyhalld, ['--foreground', '--simulate', '/nonexistent/script'], { status: null });
	assert.deepEqual([status, stderr], [2, 'keyhalld: /nonexistent/script cannot be read\n']);
});
