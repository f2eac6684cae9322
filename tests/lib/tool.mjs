// keyhall, the support tool, with a daemon's configuration and home.
import { existsSync } from 'node:fs';
import { inMountNamespace } from './namespace.mjs';
import { program } from './paths.mjs';
import { run } from './process.mjs';

// language: what the system says (LANG), as "zh_CN.UTF-8"; none: nothing.
export const keyhall = ({ configuration, env }, args, { language = '', more = {} } = {}) =>
	run(program.keyhall, [...args, ...(configuration ? ['--config', configuration] : [])],
		{ env: { ...env, LC_ALL: '', LC_MESSAGES: '', LANG: language, NO_COLOR: '', ...more }, status: null });

// A bare chroot has no pseudo-terminals.
const terminals = existsSync('/dev/pts/ptmx') ? [] : [...inMountNamespace(), 'sh', '-c',
	'mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx && exec "$@"', 'sh'];

// The same on a terminal, on which somebody types input; stdout is what the screen shows.
export function typed({ configuration, env }, args, { input = '', more = {}, cwd } = {}) {
	const [file, ...rest] = [...terminals, 'script', '-qec', [program.keyhall, ...args, '--config', configuration].join(' '), '/dev/null'];
	return run(file, rest, { env: { ...env, ...more }, input, cwd, status: null });
}
