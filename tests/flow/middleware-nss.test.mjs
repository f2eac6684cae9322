// The agent on a database of NSS, as Firefox and Chromium have it, through softoken.
import assert from 'node:assert/strict';
import test from 'node:test';
import { goOn, makePage } from '../lib/card-page.mjs';
import { pin, provesMiddleware } from '../lib/middleware.mjs';
import { NssKey } from '../lib/nss.mjs';
import { makeScene } from '../lib/scene.mjs';

provesMiddleware({
	kind: NssKey, name: 'NSS', keyType: 'ec-p256', keyTypes: ['rsa2048', 'ec-p256', 'ec-p384'],
	wrong: [['pin.incorrect', 'many', 'ok'], ['pin.incorrect', 'many', 'ok'], ['pin.incorrect', 'many', 'ok']],
});

test('NSS: certutil finds the new certificate with its key, and no other', async () => {
	const scene = await makeScene({ kind: NssKey, keyType: 'ec-p256', pin });
	try {
		await goOn(await makePage(scene));
		const keys = (await scene.token.certutil('-K')).split('\n').filter((line) => /^<\s*\d+>/.test(line));
		assert.equal(keys.length, 1, keys.join('\n'));
		assert.match(await scene.token.certutil('-L'), new RegExp(`${scene.company.name}\\s+u,u,u`));
	} finally { await scene.close(); }
});

test('NSS: without its text in the configuration it is a driver that cannot be started', async () => {
	const scene = await makeScene({ kind: NssKey, keyType: 'ec-p256', pin });
	try {
		await scene.daemon.stop();
		await scene.daemon.again({ modules: [{ path: scene.token.module }] });
		const { items } = await (await scene.connect()).call('environment.check');
		assert.equal(items.find((item) => item.id === 'driver')?.state, 'fail', JSON.stringify(items));
	} finally { await scene.close(); }
});
