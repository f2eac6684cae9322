// PKCS#11 modules that a test writes in C.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';

export async function makeModule(folder, name, source) {
	const file = path.join(folder, `${name}.c`), module = path.join(folder, `${name}.so`);
	writeFileSync(file, source);
	const { stdout } = await run('pkg-config', ['--cflags', 'p11-kit-1']);
	await run('cc', ['-shared', '-fPIC', ...stdout.trim().split(/\s+/), '-o', module, file]);
	return module;
}
