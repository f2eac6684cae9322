// Libraries that do something while they are loaded, before any C_ function: compiled where they are needed.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './paths.mjs';
import { run } from './process.mjs';

const softkey = path.join(build, 'tests/softkey/softkey.so');

const includes = ['arpa/inet.h', 'fcntl.h', 'netinet/in.h', 'signal.h', 'stdio.h', 'stdlib.h', 'string.h', 'sys/resource.h', 'sys/socket.h', 'sys/stat.h', 'unistd.h'];

// does: the constructor's body in C. Its C_ functions are softkey's; needs: further libraries it cannot do without.
export async function makeOddLibrary(file, does, { needs = [] } = {}) {
	const source = `${file}.c`;
	writeFileSync(source, `${includes.map((name) => `#include <${name}>\n`).join('')}__attribute__((constructor)) static void begin(void)\n{\n${does}\n}\n`);
	await run('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', file, source, '-Wl,--no-as-needed', softkey, ...needs]);
	return file;
}

// An empty library of that name, to be needed and to go.
export async function makeEmptyLibrary(file) {
	writeFileSync(`${file}.c`, '');
	await run('cc', ['-shared', '-fPIC', `-Wl,-soname,${path.basename(file)}`, '-o', file, `${file}.c`]);
	return file;
}
