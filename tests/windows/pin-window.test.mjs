// The real PIN window under wine, on a screen of its own: a renewal with a PIN that is typed. KEYHALL_PICTURES: a folder for what it looks like.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { Screen } from '../browser/screen.mjs';
import { findCertificate } from '../lib/renewal.mjs';
import { makeScene, processors } from './scene.mjs';

const pictures = process.env.KEYHALL_PICTURES;

for (const processor of processors) test(`the PIN window, a library for ${processor}`, { timeout: 300000 }, async (t) => {
	const screen = await Screen.open(), scene = await makeScene(processor, { screen });
	t.after(() => { scene.abandon(); screen.close(); });
	const agent = await scene.connect(), order = 'W-2026.0002';
	const old = await findCertificate(agent, scene.oldPem);

	const begin = async (name, act) => {
		const answer = agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		const shown = await screen.pinWindow();
		if (pictures) await screen.picture(shown, path.join(pictures, `pin-window-${processor}-${name}.png`));
		await act();
		return answer.finally(() => screen.noPinWindow());
	};
	await assert.rejects(begin('closed', () => screen.tool('key', 'Escape')), { rpc: 'pin.cancelled' });
	await assert.rejects(begin('first', () => screen.type('000000')), { rpc: 'pin.incorrect' });
	const { csr } = await begin('again', () => screen.type('123456'));

	const pem = await scene.ca.issue(csr);
	await agent.call('renewal.install', { order, certificate: pem, chain: [scene.ca.rootPem] });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
	await agent.close();
	assert.equal((await scene.close()).code, 0, scene.daemon.output());
});
