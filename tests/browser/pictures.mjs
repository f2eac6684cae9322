// Takes the pictures of the readme: node tests/browser/pictures.mjs, after ./dev build.
import path from 'node:path';
import { root } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';
import { Screen } from './screen.mjs';

const picture = (name) => path.join(root, 'docs/images', `${name}.png`);
const screen = await Screen.open();
const scene = await makeScene({ hall: true, keyType: 'rsa2048', label: '晋钥示例Key', env: screen.env, settings: { pinentry: '/usr/bin/pinentry-gtk-2' } });
const clerk = await Clerk.open('chromium', path.join(scene.folder, 'profile'), { viewport: { width: 1000, height: 760 }, deviceScaleFactor: 1 });
const shoot = (name) => clerk.page.screenshot({ path: picture(name), fullPage: true });
try {
	await clerk.environment(scene.origin);
	await clerk.test('renew').waitFor();
	await shoot('hall-choose');
	await clerk.choose(certificateId(scene.oldPem));
	await clerk.verifyPin();
	await screen.picture(await screen.pinWindow(), picture('pin-window'));
	await screen.type('12345678');
	await clerk.confirm(scene.company);
	await clerk.step('pay');
	await clerk.test('pay').click();
	await clerk.test('qr').waitFor();
	await shoot('hall-pay');
	await scene.hall.client().pay({ url: await clerk.test('pay-link').getAttribute('href') });
	await clerk.test('update').waitFor();
	await clerk.test('update').click();
	await clerk.test('install').waitFor();
	await clerk.test('install').click();
	await clerk.succeed();
	await clerk.test('success-details').locator('dd').nth(4).waitFor();
	await shoot('hall-success');
} finally {
	await clerk.close();
	await scene.close();
	screen.close();
}
for (const name of ['hall-choose', 'hall-pay', 'hall-success', 'pin-window'])
	await run('convert', [picture(name), '-strip', '+dither', '-colors', '128', `png8:${picture(name)}`]);
