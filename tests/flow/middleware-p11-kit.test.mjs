// The agent on SoftHSM2 behind p11-kit's remoting.
import assert from 'node:assert/strict';
import test from 'node:test';
import { goOn, makePage } from '../lib/card-page.mjs';
import { checkRenewed, pin, provesMiddleware } from '../lib/middleware.mjs';
import { P11KitKey } from '../lib/p11-kit.mjs';
import { makeScene } from '../lib/scene.mjs';

provesMiddleware({
	kind: P11KitKey, name: 'p11-kit', keyType: 'ec-p256', keyTypes: ['rsa2048', 'ec-p256', 'ec-p384'], service: true,
	reader: 'failed', // each that loads the client is a client of its own: libp11 has no login
	wrong: [['pin.incorrect', 'low', 'low'], ['pin.incorrect', 'low', 'low'], ['pin.incorrect', 'low', 'low']],
});

for (const step of ['begin', 'install', 'complete'])
	test(`p11-kit: the server's process for the agent ends before ${step}: the token host lives, and the call goes on`, async () => {
		const scene = await makeScene({ kind: P11KitKey, keyType: 'ec-p256', pin });
		try {
			const page = await makePage(scene), host = page.host();
			for (const before of ['begin', 'install', 'complete']) {
				if (before === step) await scene.token.endSessions();
				await page[before]();
			}
			assert.equal(page.host(), host, 'no SIGPIPE');
			await checkRenewed(scene, page);
		} finally { await scene.close(); }
	});
