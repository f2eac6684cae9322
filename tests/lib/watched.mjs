// A program in a process group of its own, which ends with it. It may be slow: it is ended only when nothing more is heard of it
// for `quiet` milliseconds, or when it has not come to its end after `far`.
import { spawn } from 'node:child_process';

const groups = new Set();

function endGroup(pid) {
	groups.delete(pid);
	try { process.kill(-pid, 'SIGKILL'); } catch { /* ended by itself */ }
}
process.on('exit', () => { for (const pid of groups) endGroup(pid); });

const words = (ms) => (ms < 120000 ? `${ms / 1000} seconds` : `${ms / 60000} minutes`);

export function watched(file, argv, { quiet, far, ...options }) {
	return new Promise((resolve) => {
		const child = spawn(file, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
		const text = [];
		const end = (why) => { text.push(Buffer.from(`\n${why}: ended\n`)); endGroup(child.pid); };
		const silence = setTimeout(() => end(`nothing more for ${words(quiet)}`), quiet);
		const limit = setTimeout(() => end(`not done after ${words(far)}`), far);
		const hear = (data) => { text.push(data); silence.refresh(); };
		const done = (status) => {
			clearTimeout(silence);
			clearTimeout(limit);
			if (child.pid) endGroup(child.pid);
			resolve({ status: status ?? 1, output: Buffer.concat(text).toString() });
		};
		if (child.pid) groups.add(child.pid);
		child.stdout.on('data', hear);
		child.stderr.on('data', hear);
		child.on('error', (error) => text.push(Buffer.from(`${error.message}\n`)));
		child.on('close', done);
	});
}
