// A renewal with the real PIN window (pinentry-gtk-2), typed into as a clerk does.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';
import { Screen } from './screen.mjs';

test('the real PIN window: wrong, cancelled, right; then the whole renewal', async () => {
	const screen = await Screen.open();
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', env: screen.env, settings: { pinentry: '/usr/bin/pinentry-gtk-2' } });
	const clerk = await Clerk.open('chromium', path.join(scene.folder, 'profile'));
	try {
		await clerk.environment(scene.origin);
		await clerk.choose(certificateId(scene.oldPem));
		await clerk.verifyPin();
		const window = await screen.pinWindow();
		const file = path.join(scene.folder, 'window.png');
		await screen.picture(window, file);
		assert.ok(statSync(file).size > 3000);
		const { stdout: title } = await screen.tool('getwindowname', window);
		assert.equal(title.trim(), '数字证书控件');
		await screen.type('11111111');
		await clerk.error('pin.incorrect');
		await clerk.test('pin-again').click();
		await screen.pinWindow();
		await screen.tool('key', 'Escape');
		await clerk.error('pin.cancelled');
		await clerk.test('pin-again').click();
		await screen.pinWindow();
		await screen.type('12345678');
		await clerk.confirm(scene.company);
		await screen.noPinWindow();
		await clerk.pay();
		await clerk.install();
		assert.equal((await run('pgrep', ['-P', String(scene.daemon.service.pid), '-f', 'pinentry'], { status: null })).stdout, '');
	} catch (error) {
		await clerk.picture('pin-window-failed').catch(() => {});
		throw error;
	} finally {
		await clerk.close().catch(() => {});
		await scene.close();
		screen.close();
	}
});
