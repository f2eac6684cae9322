// The children of a process, and whether they live: read in /proc.
import { readFileSync } from 'node:fs';
import { until } from './process.mjs';

export const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
export const group = (pid) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[2]);

// Zombies that nobody waits for in a container are dead, too.
export function alive(pid) {
	try { return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')); } catch { return false; }
}

// Until none of them lives; what is left is ended, so that a failing test leaves nothing.
export async function untilDead(pids, ms = 3000) {
	try { await until(() => !pids.some(alive), `the end of ${pids}`, ms); } finally {
		for (const pid of pids) if (alive(pid)) process.kill(pid, 'SIGKILL');
	}
}
