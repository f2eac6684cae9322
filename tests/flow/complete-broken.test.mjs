// The token host ends while complete takes the old pair off the key (tests/shim before SoftHSM2): the next complete must finish it.
import test from 'node:test';
import { days } from '../lib/ca.mjs';
import { makePage } from '../lib/card-page.mjs';
import { addForeign, checkForeign, checkRenewed } from '../lib/middleware.mjs';
import { sleep } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { ShimToken } from '../lib/shim-token.mjs';

const cases = [
	{ name: 'the first renewal of a key' },
	{ name: 'the second renewal of a key', again: true },
	{ name: 'a second renewal whose certificate ends with the old one', again: true, soon: true },
	{ name: 'a key on which another program has a certificate of the same subject', foreign: true },
];

for (const { name, again, soon, foreign } of cases)
	for (const n of [1, 2, 3])
		test(`${name}: the token host ends before deletion ${n}`, async () => {
			const scene = await makeScene({ kind: ShimToken, keyType: 'ec-p256', pin: '123456' });
			try {
				const issue = scene.ca.issue.bind(scene.ca), year = days(365);
				const other = foreign && await addForeign(scene);
				let page = await makePage(scene);
				scene.ca.issue = (csr) => issue(csr, { notAfter: year });
				if (again) {
					for (const step of ['begin', 'install', 'complete']) await page[step]();
					page = await makePage(scene, { order: 'C-2', oldPem: page.pem });
					if (!soon) scene.ca.issue = (csr) => issue(csr, { notAfter: days(366) });
				}
				await page.begin();
				await page.install();
				// The script is read when a token host starts.
				scene.token.fault(`C_DestroyObject ${n} exit 7`);
				process.kill(page.host(), 'SIGKILL');
				await sleep(200);
				await page.complete().catch((error) => { if (error.rpc !== 'token.failed') throw error; });
				scene.token.fault();
				await page.complete();
				if (other) await checkForeign(scene, other);
				await checkRenewed(scene, page);
			} finally { await scene.close(); }
		});
