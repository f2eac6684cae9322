// The agent on a TPM 2.0 behind tpm2-pkcs11 and its broker.
import assert from 'node:assert/strict';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { goOn, makePage } from '../lib/card-page.mjs';
import { checkRenewed, pin, provesMiddleware } from '../lib/middleware.mjs';
import { run } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { TpmKey } from '../lib/tpm.mjs';

provesMiddleware({
	kind: TpmKey, name: 'TPM', keyType: 'ec-p256', keyTypes: ['rsa2048', 'ec-p256'], service: true, profile: 'tpm2-pkcs11',
	wrong: [['pin.incorrect', 'many', 'ok'], ['pin.incorrect', 'many', 'ok'], ['pin.incorrect', 'many', 'ok'], ['pin.locked', '', 'locked'], ['pin.locked', '', 'locked']],
});

test('TPM: a lock that no flag shows is remembered until a login succeeds', async () => {
	const scene = await makeScene({ kind: TpmKey, keyType: 'ec-p256', pin, pins: ['000001', '000002', '000003', '000004', pin] });
	try {
		const page = await makePage(scene), { agent, token } = page, state = async () => (await agent.call('token.list')).tokens[0].pin;
		for (let i = 0; i < 3; i++) await refused(agent.call('pin.verify', { token }), 'pin.incorrect');
		await refused(agent.call('pin.verify', { token }), 'pin.locked');
		const { items } = await agent.call('environment.check');
		assert.deepEqual([await state(), items.find((item) => item.id === 'pin').state], ['locked', 'fail']);
		await run('tpm2_dictionarylockout', ['--clear-lockout', '--tcti', 'tabrmd:bus_type=session'], { env: scene.token.env });
		await agent.call('pin.verify', { token });
		assert.equal(await state(), 'ok');
		await goOn(page);
		await checkRenewed(scene, page);
	} finally { await scene.close(); }
});
