// What the compiler and the linker are told against attacks is in every program: in those of build/ and in those that were packed, which two
// builds with other flags made. Read by Debian's hardening-check and binutils' readelf and objdump.
import assert from 'node:assert/strict';
import { mkdirSync, openSync, closeSync, readFileSync, readSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { build, root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const dist = process.env.KEYHALL_DIST ?? path.join(root, 'dist');
const programs = { keyhall: ['bin/keyhall', 'bin/keyhalld', 'libexec/keyhall/keyhall-notify', 'libexec/keyhall/keyhall-token', 'libexec/keyhall/keyhall-tray', 'libexec/keyhall/policies'], 'keyhall-hall': ['bin/keyhall-hall'] };
const file = (pattern) => path.join(dist, readdirSync(dist).find((name) => pattern.test(name)));
let folder, weak;
before(async () => {
	folder = temporaryFolder();
	const source = path.join(folder, 'weak.c');
	weak = path.join(folder, 'weak');
	writeFileSync(source, '#include <stdio.h>\n#include <string.h>\nint main(int count, char **words)\n{\n\tchar text[64];\n\tstrcpy(text, words[count - 1]);\n\treturn puts(text);\n}\n');
	await run('gcc', ['-O2', '-U_FORTIFY_SOURCE', '-fno-stack-protector', '-fcf-protection=none', '-no-pie', '-Wl,-z,norelro', '-Wl,-z,lazy', '-z', 'execstack', '-o', weak, source]);
});
after(() => removeFolder(folder));

function isProgram(name) {
	const start = Buffer.alloc(4), descriptor = openSync(name);
	readSync(descriptor, start);
	closeSync(descriptor);
	return start.toString('latin1') === '\x7fELF';
}
const programsBelow = async (place) => (await run('find', [place, '-type', 'f'])).stdout.trim().split('\n').filter(isProgram).sort();

// What it lacks, in words.
async function lacks(name) {
	const { stdout } = await run('hardening-check', ['--nocfprotection', name], { status: null });
	const rows = Object.fromEntries([...stdout.matchAll(/^ (.*): (.*)$/gm)].map(([, what, answer]) => [what, answer]));
	const missing = ['Position Independent Executable', 'Stack protected', 'Read-only relocations', 'Immediate binding'].filter((what) => !rows[what]?.startsWith('yes'));
	// A program that calls none of the functions has none of their checks.
	if (!/^(yes|unknown)/.test(rows['Fortify Source functions'])) missing.push('Fortify Source functions');
	const headers = (await run('readelf', ['-lW', name])).stdout;
	if (!/GNU_STACK.* RW +0x/.test(headers)) missing.push('stack that is no code');
	if (/^ +LOAD .* RWE /m.test(headers)) missing.push('no part both written and run');
	return missing;
}

// Where indirect calls may end. The C library's start has no mark for the whole program, so that the processor does not insist; functions of ours have theirs.
const landings = async (name) => (await run('objdump', ['-d', '--no-show-raw-insn', name])).stdout.match(/\tendbr64/g)?.length ?? 0;

test('a program without any of it is told', async () =>
	assert.deepEqual(await lacks(weak), ['Position Independent Executable', 'Stack protected', 'Read-only relocations', 'Immediate binding', 'Fortify Source functions', 'stack that is no code']));

async function areHard(names) {
	const found = [];
	for (const name of names) {
		const missing = await lacks(name);
		if (process.arch === 'x64' && await landings(name) <= await landings(weak)) missing.push('marks of control flow');
		if (missing.length) found.push(`${path.basename(name)}: ${missing.join(', ')}`);
	}
	assert.deepEqual(found, []);
}

test('the programs of build/', async () => {
	const rows = JSON.parse(readFileSync(path.join(build, 'meson-info/intro-installed.json'), 'utf8'));
	const names = Object.keys(rows).filter((name) => /\/keyhall[^/.]*$|\/policies$/.test(name) && isProgram(name));
	for (const name of ['keyhall', 'keyhalld', 'keyhall-hall', 'keyhall-notify', 'keyhall-token', 'keyhall-tray']) assert.ok(names.some((one) => path.basename(one) === name), name);
	await areHard(names);
	if (process.arch !== 'x64') return;
	const objects = (await run('find', ['agent', 'hall', 'pkcs11', 'protocol', '-name', '*.o'], { cwd: build })).stdout.trim().split('\n');
	const { stdout } = await run('readelf', ['-nW', ...objects], { cwd: build });
	assert.equal(stdout.match(/x86 feature: IBT, SHSTK/g).length, objects.length, 'objects with marks of control flow');
});

for (const [name, wanted] of Object.entries(programs)) {
	test(`the .deb ${name}`, async () => {
		const place = path.join(folder, `deb-${name}`);
		await run('dpkg-deb', ['-x', file(new RegExp(`^${name}_[\\d.]+_\\w+\\.deb$`)), place]);
		const found = await programsBelow(place);
		assert.deepEqual(found.map((one) => path.relative(path.join(place, 'usr'), one)), wanted);
		await areHard(found);
	});

	test(`the .rpm ${name}`, async () => {
		const place = path.join(folder, `rpm-${name}`);
		mkdirSync(place);
		await run('rpm', ['--root', place, '--initdb']);
		await run('rpm', ['--root', place, '--install', '--nodeps', '--noscripts', file(new RegExp(`^${name}-[\\d.]+-1\\.(x86_64|aarch64)\\.rpm$`))]);
		const found = await programsBelow(path.join(place, 'usr'));
		assert.deepEqual(found.map((one) => path.relative(path.join(place, 'usr'), one)), wanted);
		await areHard(found);
	});
}
