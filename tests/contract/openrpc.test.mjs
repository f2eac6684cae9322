// Both OpenRPC documents by OpenRPC's own meta-schema, configuration and driver profiles by JSON Schema's; and that they agree in themselves.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

const require = createRequire(import.meta.url);
const Ajv = require('ajv').default;
const Ajv2020 = require('ajv/dist/2020').default;
const metaSchema = require('@open-rpc/meta-schema').default;

// The meta-schema leaves the schemas inside the document to JSON Schema and names it by an address; here it is at hand.
const { $id, ...draft07 } = require('ajv/dist/refs/json-schema-draft-07.json');
const { $schema, ...openrpc } = JSON.parse(JSON.stringify(metaSchema), (key, value) =>
	/^https:\/\/meta\.json-schema\.tools\/#.*\/\$ref$/.test(value?.$ref) ? { type: 'string', format: 'uri-reference' } : value);

const read = (name) => JSON.parse(readFileSync(path.join(root, 'protocol', name), 'utf8'));
const documents = { 'keyhall.openrpc.json': read('keyhall.openrpc.json'), 'token.openrpc.json': read('token.openrpc.json') };
const configuration = read('configuration.schema.json'), profile = read('profile.schema.json');
const contract = documents['keyhall.openrpc.json'];

function* objects(value, trail = '#') {
	if (value === null || typeof value !== 'object') return;
	yield [trail, value];
	for (const [key, part] of Object.entries(value)) yield* objects(part, `${trail}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`);
}

function resolve(reference, home) {
	const [file, pointer] = reference.split('#');
	return pointer.split('/').slice(1).reduce((at, part) => at?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], file ? documents[file] : home);
}

for (const [name, document] of Object.entries(documents)) {
	test(`${name} is an OpenRPC document`, () => {
		const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
		ajv.addSchema(draft07, 'https://meta.json-schema.tools');
		const validate = ajv.compile(openrpc);
		assert.ok(validate(document), JSON.stringify(validate.errors, null, 1));
	});

	test(`${name}: every reference leads somewhere`, () => {
		for (const [trail, part] of objects(document))
			if (typeof part.$ref === 'string') assert.ok(resolve(part.$ref, document), `${trail}: ${part.$ref}`);
	});

	test(`${name}: every text and list is limited`, () => {
		for (const [trail, part] of objects(document)) {
			if (part.type === 'string' && !part.enum) assert.ok(part.maxLength > 0, `${trail} has no maxLength`);
			if (part.type === 'array') assert.ok(part.maxItems > 0, `${trail} has no maxItems`);
		}
	});

	test(`${name}: a notification has a tag and no result`, () => {
		for (const method of document.methods)
			assert.equal(Boolean(method.result), !(method.tags ?? []).some((tag) => tag.name === 'notification'), method.name);
	});
}

test('the schemas in the documents are JSON Schema', () => {
	const ajv = new Ajv2020({ strict: false });
	for (const [name, schema] of Object.entries(contract.components.schemas)) assert.ok(ajv.validateSchema(schema), name);
	for (const schema of [configuration, profile]) assert.ok(ajv.validateSchema(schema), JSON.stringify(ajv.errors));
});

test('the example configuration and the defaults are valid', () => {
	const ajv = new Ajv2020({ strict: false });
	ajv.addSchema(configuration, 'configuration');
	const validate = ajv.compile({ $ref: 'configuration#/$defs/Config' });
	for (const example of configuration.examples) assert.ok(validate(example), JSON.stringify(validate.errors));
	assert.equal(validate({ prot: 1 }), false);
	for (const [trail, part] of objects(configuration.$defs))
		if ('default' in part) assert.ok(ajv.compile({ ...part, $id: undefined })(part.default), trail);
});

test('the example profile and the packaged ones are valid', () => {
	const ajv = new Ajv2020({ strict: false });
	ajv.addSchema(profile, 'profile');
	const validate = ajv.compile({ $ref: 'profile#/$defs/ProfileFile' });
	const load = (folder) => readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.json')).map((name) =>
		[name, JSON.parse(readFileSync(path.join(root, folder, name), 'utf8'))]);
	const packaged = load('pkcs11/modules.d'), tested = load('tests/softkey/profiles');
	for (const [name, value] of [...packaged, ...tested, ...profile.examples.map((example) => [`${example.name}.json`, example])]) {
		assert.ok(validate(value), `${name}: ${JSON.stringify(validate.errors)}`);
		assert.equal(name, `${value.name}.json`);
	}
	assert.equal(validate({ ...packaged[0][1], sm3: '0x80009001' }), false);
	for (const [trail, part] of objects(profile)) {
		if (part.type === 'string' && !part.enum) assert.ok(part.maxLength > 0, `${trail} has no maxLength`);
		if (part.type === 'array') assert.ok(part.maxItems > 0, `${trail} has no maxItems`);
	}
});

// A test profile is the packaged one and what only the test token has.
test('the profiles of the tests have the packaged numbers', () => {
	const read = (folder, name) => JSON.parse(readFileSync(path.join(root, folder, `${name}.json`), 'utf8'));
	const { rsa, ...sansec } = read('tests/softkey/profiles', 'sansec'), { sm2: { envelope, ...sm2 }, ...tass } = read('tests/softkey/profiles', 'tass');
	assert.deepEqual(sansec, read('pkcs11/modules.d', 'sansec'));
	assert.deepEqual({ ...tass, sm2 }, read('pkcs11/modules.d', 'tass'));
	assert.ok(rsa.unwrap && envelope.mechanism);
});

test('errors: one number each, both languages, the same values in both', () => {
	const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]).sort();
	const numbers = new Set();
	const known = new Set([...Object.keys(contract.components.schemas.ErrorData.properties)]);
	for (const [name, error] of Object.entries(contract.components.errors)) {
		assert.match(name, /^[a-z]+\.[a-z_]+$/);
		assert.ok(!numbers.has(error.code), `${name}: number ${error.code} is taken`);
		numbers.add(error.code);
		assert.deepEqual(names(error.message), names(error.data.zh), name);
		for (const value of names(error.message)) assert.ok(known.has(value), `${name}: {${value}} is no field of ErrorData`);
		assert.ok(contract.components.schemas.Retry.enum.includes(error.data.retry), name);
		assert.match(error.data.zh, /[\u4e00-\u9fff]/);
	}
});

test('texts: both languages, the same values in both, Chinese punctuation', () => {
	const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]).sort();
	for (const [name, text] of Object.entries(contract['x-texts'])) {
		assert.deepEqual(names(text.en), names(text.zh), name);
		assert.doesNotMatch(text.zh, /[\u4e00-\u9fff][,.;:!?](?!\/)/, name);
	}
	for (const [name, error] of Object.entries(contract.components.errors)) assert.doesNotMatch(error.data.zh, /[\u4e00-\u9fff][,.;:!?]/, name);
});

test('the words of the PIN state and of a mismatch have their texts', () => {
	for (const purpose of documents['token.openrpc.json'].components.schemas.Prompt.properties.purpose.enum)
		assert.ok(contract['x-texts'][`pin.description.${purpose}`], purpose);
	for (const left of ['low', 'last']) assert.ok(contract['x-texts'][`pin.left.${left}`], left);
});
