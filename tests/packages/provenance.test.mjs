// What dist/ says of where it comes from: every file by its hash, the commit, and every package that is in a bill of materials among the inputs.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';

const dist = process.env.KEYHALL_DIST ?? path.join(root, 'dist');
const names = readdirSync(dist), own = names.find((name) => name.endsWith('.provenance.json'));
const statement = JSON.parse(readFileSync(path.join(dist, own), 'utf8'));
const { buildDefinition, runDetails } = statement.predicate;

test('a statement of in-toto with the provenance of SLSA', () => {
	assert.equal(statement._type, 'https://in-toto.io/Statement/v1');
	assert.equal(statement.predicateType, 'https://slsa.dev/provenance/v1');
	for (const uri of [buildDefinition.buildType, runDetails.builder.id]) assert.ok(URL.canParse?.(uri) ?? new URL(uri));
	assert.deepEqual(buildDefinition.externalParameters.source, buildDefinition.resolvedDependencies[0]);
});

test('its subjects are the files of the folder, by sha256sum', async () => {
	const subjects = statement.subject.map(({ name, digest }) => `${digest.sha256}  ${name}\n`).sort();
	const files = names.filter((name) => name !== own && name !== 'SHA256SUMS');
	assert.deepEqual(subjects, (await run('sha256sum', files, { cwd: dist })).stdout.split(/(?<=\n)/).sort());
});

test('the commit and its time are those of git', async () => {
	const { digest } = buildDefinition.resolvedDependencies[0];
	const time = (await run('git', ['-C', root, 'log', '-1', '--format=%ct', digest.gitCommit])).stdout;
	assert.equal(digest.gitCommit, (await run('git', ['-C', root, 'rev-parse', 'HEAD'])).stdout.trim());
	assert.equal(buildDefinition.internalParameters.SOURCE_DATE_EPOCH, Number(time));
});

test('each input is one version of one package with a hash; whatever is linked is among them', async () => {
	const inputs = buildDefinition.resolvedDependencies.slice(1);
	for (const { uri, digest } of inputs) {
		assert.match(uri, /^pkg:deb\/\w+\/[a-z0-9+.-]+@[^?]+\?arch=\w+&distro=\w+-[\w.]*$/);
		assert.match(digest.sha256, /^[0-9a-f]{64}$/, uri);
	}
	const uris = new Set(inputs.map(({ uri }) => uri));
	assert.equal(uris.size, inputs.length);
	for (const name of ['gcc', 'binutils', 'meson', 'rpm']) assert.ok([...uris].some((uri) => uri.includes(`/${name}@`)), name);
	for (const name of names.filter((one) => one.endsWith('.cdx.json')))
		for (const { purl } of JSON.parse(readFileSync(path.join(dist, name), 'utf8')).components)
			if (purl?.startsWith('pkg:deb/')) assert.ok(uris.has(purl), `${purl} of ${name}`);
});

test('a hash that apt knows is that of the .deb', async () => {
	const known = buildDefinition.resolvedDependencies.slice(1).filter(({ annotations }) => !annotations);
	const shown = (await run('sh', ['-c', 'apt-cache dumpavail | sed -n "s/^SHA256: //p"'])).stdout.split('\n');
	const hashes = new Set(shown), found = known.filter(({ digest }) => hashes.has(digest.sha256));
	if (known.length) assert.ok(found.length > known.length / 2, `${found.length} of ${known.length}`);
});
