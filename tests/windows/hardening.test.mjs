// What the linker tells Windows of each program, read by binutils' objdump and nm: another place at every start, no data that is run, a guarded stack.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { build } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

let folder;
before(() => { folder = temporaryFolder(); });
after(() => removeFolder(folder));

async function lacks(file) {
	const { stdout } = await run('objdump', ['-p', file]);
	const wanted = [...(/file format pei-x86-64/.test(stdout) ? ['HIGH_ENTROPY_VA'] : []), 'DYNAMIC_BASE', 'NX_COMPAT'];
	const missing = wanted.filter((flag) => !new RegExp(`^\\s+${flag}$`, 'm').test(stdout));
	// Without its relocations a program stays where it was linked, whatever its flags say.
	if (!/^Entry 5 [0-9a-f]+ 0*[1-9a-f][0-9a-f]* Base Relocation/m.test(stdout)) missing.push('relocations');
	if (!/ _*stack_chk_fail$/m.test((await run('nm', [file])).stdout)) missing.push('stack protector');
	return missing;
}

test('a program without any of it is told', async () => {
	const source = path.join(folder, 'weak.c'), weak = path.join(folder, 'weak.exe');
	writeFileSync(source, 'int main(void)\n{\n\treturn 0;\n}\n');
	await run('x86_64-w64-mingw32-gcc-win32', ['-fno-stack-protector', '-Wl,--disable-dynamicbase,--disable-high-entropy-va,--disable-nxcompat,--disable-reloc-section', '-o', weak, source]);
	assert.deepEqual(await lacks(weak), ['HIGH_ENTROPY_VA', 'DYNAMIC_BASE', 'NX_COMPAT', 'relocations', 'stack protector']);
});

test('every program', async () => {
	const found = (await run('find', [path.join(build, 'agent'), path.join(build, 'pkcs11'), '-name', '*.exe'])).stdout.trim().split('\n');
	for (const name of ['keyhalld', 'keyhall', 'keyhall-notify', 'keyhall-tray', 'keyhall-token', 'x86/keyhall-token', 'pinentry']) assert.ok(found.some((file) => file.endsWith(`/${name}.exe`)), name);
	for (const file of found) assert.deepEqual(await lacks(file), [], file);
});
