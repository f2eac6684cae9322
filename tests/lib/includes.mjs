// The #include lines of the rooms that are C.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { run } from './process.mjs';

export const rooms = ['protocol', 'pkcs11', 'agent', 'hall'];

const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...rooms.map((room) => `${room}/*.[ch]`)], { cwd: root });
export const files = stdout.trim().split('\n').filter(Boolean);

export const includes = files.flatMap((file) => readFileSync(path.join(root, file), 'utf8').split('\n').flatMap((line, i) => {
	const found = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
	return found ? [{ file, room: file.split('/')[0], line: i + 1, own: found[1] === '"', header: found[2] }] : [];
}));

// The file an #include "…" names, as the compiler finds it: beside the file, in its room, in protocol/; undefined: none of ours.
export function target({ file, room, own, header }) {
	const places = own ? [path.posix.dirname(file), room, 'protocol'] : [];
	return places.map((place) => path.posix.join(place, header)).find((one) => files.includes(one));
}
