// Each artefact has a bill of materials: valid by CycloneDX's own schema, and complete by other programs' reading of what it is about.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const { Spec, Validation } = createRequire(import.meta.url)('@cyclonedx/cyclonedx-library');
const dist = process.env.KEYHALL_DIST ?? path.join(root, 'dist');
const artefacts = readdirSync(dist).filter((name) => /\.(deb|rpm|tar\.xz)$/.test(name));
const bill = (name) => JSON.parse(readFileSync(path.join(dist, `${name}.cdx.json`), 'utf8'));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const digest = ({ hashes }) => hashes.find(({ alg }) => alg === 'SHA-256').content;
const linkOf = ({ properties = [] }) => properties.filter(({ name }) => name === 'keyhall:link').map(({ value }) => value);
const generated = { keyhall: ['protocol/contract.c', 'agent/tool/tool_commands.h'], keyhalld: ['protocol/contract.c', 'agent/page_files.h'], 'keyhall-token': ['protocol/host_contract.c'], 'keyhall-tray': ['protocol/contract.c'] };
let folder;
before(() => { folder = temporaryFolder(); });
after(() => removeFolder(folder));

async function unpack(name) {
	const place = path.join(folder, name), file = path.join(dist, name);
	if (existsSync(place)) return place;
	mkdirSync(place);
	if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', file, place]);
	else if (name.endsWith('.rpm')) await run('sh', ['-c', 'rpm2archive - <"$1" | tar -xz -C "$2"', 'sh', file, place]);
	else await run('tar', ['-xf', file, '-C', place]);
	return place;
}
const filesBelow = async (place) => (await run('find', [place, '-type', 'f', '-printf', '%P\n'])).stdout.trim().split('\n').sort();

test('the packages, their source and the tarball', () => {
	for (const ending of ['.deb', '.x86_64.rpm', '.src.rpm', '.tar.xz']) assert.ok(artefacts.some((name) => name.endsWith(ending)), ending);
});

for (const name of artefacts) {
	test(`${name}: valid, about this file, and every file in it`, async () => {
		const text = readFileSync(path.join(dist, `${name}.cdx.json`), 'utf8');
		assert.equal(await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text), null);
		const { metadata, components } = bill(name);
		assert.equal(digest(metadata.component), sha256(readFileSync(path.join(dist, name))));
		const place = await unpack(name), files = await filesBelow(place);
		const listed = new Map(components.filter((one) => /^(application|file)$/.test(one.type) && !linkOf(one).includes('generated')).map((one) => [one.name.replace(/^\//, ''), digest(one)]));
		assert.deepEqual([...listed.keys()].sort(), files);
		for (const file of files) assert.equal(listed.get(file), sha256(readFileSync(path.join(place, file))), file);
	});

	if (!/\.deb$|86_64\.rpm$/.test(name)) continue;
	test(`${name}: every library that a program names, with the package that holds it`, async () => {
		const { components, dependencies } = bill(name), place = await unpack(name);
		const programs = components.filter(({ type }) => type === 'application');
		assert.ok(programs.length > 0);
		for (const program of programs) {
			const uses = dependencies.find(({ ref }) => ref === program['bom-ref']).dependsOn;
			const parts = components.flatMap(({ components: files = [], purl }) => files.map((one) => ({ ...one, purl }))).filter((one) => uses.includes(one['bom-ref']));
			const needed = [...(await run('objdump', ['-p', path.join(place, program.name)])).stdout.matchAll(/NEEDED +(\S+)/g)].map(([, library]) => library);
			for (const library of needed) {
				const part = parts.find((one) => path.basename(one.name) === library && linkOf(one).includes('dynamic'));
				assert.ok(part, `${program.name}: ${library}`);
				assert.equal(digest(part), sha256(readFileSync(part.name)));
				const [, holder, version] = /^pkg:deb\/\w+\/([^@]+)@([^?]+)/.exec(part.purl);
				assert.equal((await run('dpkg-query', ['-W', '-f', '${Version}', holder])).stdout, decodeURIComponent(version));
				assert.match((await run('sh', ['-c', `dpkg-query -L ${holder} | xargs realpath -q`])).stdout, new RegExp(`/${path.basename((await run('realpath', [part.name])).stdout.trim()).replace(/[.+]/g, '\\$&')}$`, 'm'));
			}
			assert.equal(parts.filter((one) => linkOf(one).includes('dynamic')).length, needed.length, program.name);
			assert.ok(parts.some((one) => /\/S?crt1\.o$/.test(one.name) && linkOf(one).includes('static')), `${program.name}: the C library's start`);
			for (const one of generated[path.basename(program.name)] ?? []) assert.ok(uses.includes(`generated:${one}`), `${program.name}: ${one}`);
		}
	});

	if (!name.endsWith('.deb')) continue;
	test(`${name}: every library that dpkg-shlibdeps found`, async () => {
		const { components } = bill(name);
		const depends = (await run('dpkg-deb', ['-f', path.join(dist, name), 'Depends'])).stdout.split(/, |\n/).filter((one) => /^lib/.test(one) && !/evlib/.test(one)).map((one) => one.replace(/ .*/, ''));
		assert.ok(depends.length > 2);
		for (const library of depends) assert.ok(components.some((one) => one.name === library && linkOf(one).includes('dynamic')), library);
	});
}

// A small program, linked with what is planted, and the bill of a tarball that holds it.
async function planted(what, main, link) {
	const place = path.join(folder, what), source = path.join(place, 'source'), work = path.join(source, 'build'), tarball = path.join(place, 'planted-1.tar.xz');
	mkdirSync(source, { recursive: true });
	mkdirSync(path.join(place, 'root/usr/bin'), { recursive: true });
	writeFileSync(path.join(place, 'value.c'), 'int value(void);\nint value(void)\n{\n\treturn 0;\n}\n');
	await run('gcc', ['-c', '-o', path.join(place, 'value.o'), path.join(place, 'value.c')]);
	await run('ar', ['rcs', path.join(place, 'libforeign.a'), path.join(place, 'value.o')]);
	writeFileSync(path.join(source, 'main.c'), main);
	writeFileSync(path.join(source, 'meson.build'), `project('planted', 'c', version: '1')\nexecutable('planted', 'main.c', link_args: '${link(place)}', install: true)\n`);
	await run('meson', ['setup', work, source, '--prefix=/usr', '-Dc_link_args=-Wl,-Map=%']);
	await run('ninja', ['-C', work]);
	copyFileSync(path.join(work, 'planted'), path.join(place, 'root/usr/bin/planted'));
	await run('tar', ['-C', path.join(place, 'root'), '-cJf', tarball, './usr']);
	const { status, stderr } = await run(path.join(root, 'installer/sbom.py'), [tarball, work], { env: { SOURCE_DATE_EPOCH: '0' }, status: null });
	return { status, stderr, place, components: status === 0 ? JSON.parse(readFileSync(`${tarball}.cdx.json`, 'utf8')).components : [] };
}
const callsValue = 'int value(void);\nint main(void)\n{\n\treturn value();\n}\n';

for (const [what, name] of [['an archive', 'libforeign.a'], ['an object', 'value.o']])
	test(`${what} that belongs to no package is refused by name`, async () => {
		const { status, stderr, place } = await planted(what.replace(/ /g, '-'), callsValue, (folder_) => `${folder_}/${name}`);
		assert.equal(status, 1, stderr);
		assert.match(stderr, new RegExp(`^sbom\\.py: ${place}/${name} belongs to nobody$`, 'm'));
	});

test('an archive of a package is listed with the package', async () => {
	const { status, stderr, components } = await planted('packaged', '#include <openssl/crypto.h>\nint main(void)\n{\n\treturn (int)OPENSSL_version_major() - 3;\n}\n', () => '-l:libcrypto.a');
	assert.equal(status, 0, stderr);
	const holder = components.find(({ name }) => name === 'libssl-dev');
	assert.deepEqual(linkOf(holder), ['header', 'static']);
	assert.deepEqual(holder.components.map((one) => [path.basename(one.name), linkOf(one)]), [['libcrypto.a', ['static']]]);
});
