// Twelve computers on which a renewal does not work, each broken in one way, and the number that the report's summary must name first.
// A reader of the .zip alone has to find the cause: tests/flow/support.test.mjs holds the summary to it; node tests/support/break.mjs NAME makes the .zip.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from '../lib/paths.mjs';

const opensc = ['/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so', '/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so'].find(existsSync);
const within = (scene, name) => path.join(scene.folder, name);

// name → the cause in words, its number, and one of: scene (options of makeSoftScene), settings (of the agent), breaks (what is done before the
// agent starts again), after (what is done when it runs).
export const breakages = {
	'agent-ended': { cause: 'the agent does not run', number: 2102, after: (scene) => scene.daemon.stop() },
	'driver-removed': { cause: 'the configured driver is not installed', number: 2705, settings: (scene) => ({ modules: [{ path: within(scene, 'gone.so') }] }) },
	'driver-damaged': {
		cause: 'the driver\'s file is damaged', number: 2707,
		settings: (scene) => { writeFileSync(within(scene, 'damaged.so'), 'half a download'); return { modules: [{ path: within(scene, 'damaged.so') }] }; },
	},
	'driver-skf': { cause: 'a driver with the other Chinese interface, SKF', number: 2708, settings: () => ({ modules: [{ path: path.join(build, 'tests/softkey/skf.so') }] }) },
	'reader-stopped': {
		cause: 'the smart card service does not run', number: 2802, env: (scene) => ({ PCSCLITE_CSOCK_NAME: within(scene, 'pcscd.comm') }),
		settings: () => ({ modules: [{ path: opensc }] }),
	},
	'pin-locked': { cause: 'the PIN is locked', number: 3003, breaks: (scene) => scene.key.set({ left: 0 }) },
	'key-full': { cause: 'no room is left on the key', number: 3102, breaks: (scene) => scene.key.set({ capacity: 10 }) },
	'key-readonly': { cause: 'the key is write-protected', number: 2906, breaks: (scene) => scene.key.set({ 'read-only': 1 }) },
	'no-display': { cause: 'the agent was started without a display', number: 3202, settings: () => ({ pinentry: 'pinentry-gtk-2' }) },
	'anchors-wrong': {
		cause: 'the CA certificate is another kind of file', number: 2452,
		settings: (scene) => { copyFileSync('/etc/hostname', within(scene, 'root.pem')); return { anchors: [within(scene, 'root.pem')] }; },
	},
	'too-late': { cause: 'the time to renew is over', number: 3306, scene: { from: -800, to: -400 }, settings: () => ({ window: { enforce: true } }) },
	'key-held': {
		cause: 'another program holds the key', number: 3701, scene: { faults: ['C_OpenSession 0 error 0xb1'] },
		breaks: (scene) => {
			const other = within(scene, 'bank-client');
			copyFileSync('/bin/sleep', other);
			chmodSync(other, 0o755);
			const child = spawn(other, ['600'], { env: { ...process.env, LD_PRELOAD: scene.key.module, ...scene.key.env }, stdio: 'ignore' });
			scene.ends = () => child.kill();
		},
	},
};
