// What a process holds in memory that it can write to.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

// Whether text is there; only root may look, and a sanitizer's shadow and quarantine are not what is shipped.
export const canLook = process.getuid() === 0 && !process.env.KEYHALL_SANITIZED;

// Throws EACCES where nobody may look.
export function findInMemory(pid, text) {
	const memory = openSync(`/proc/${pid}/mem`, 'r');
	try {
		return readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').filter((line) => {
			const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
			if (!from) return false;
			const bytes = Buffer.alloc(parseInt(to, 16) - parseInt(from, 16));
			readSync(memory, bytes, 0, bytes.length, parseInt(from, 16));
			return bytes.includes(text);
		});
	} finally { closeSync(memory); }
}
