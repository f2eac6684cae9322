// Which texts of a message a trace shows: those with x-open. Nothing that may tell a person, a company, an order or a key is among them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

const documents = ['keyhall.openrpc.json', 'token.openrpc.json'].map((name) => JSON.parse(readFileSync(path.join(root, 'protocol', name), 'utf8')));

// Every property and parameter: its name and everything its schema says, also by reference.
function* fields(value) {
	if (value === null || typeof value !== 'object') return;
	for (const [name, schema] of Object.entries(value.properties ?? {})) yield [name, schema];
	if (typeof value.name === 'string' && value.schema) yield [value.name, value.schema];
	for (const part of Object.values(value)) yield* fields(part);
}

const schemas = Object.assign({}, ...documents.map((document) => document.components.schemas));
const named = (schema) => (schema?.$ref ? schemas[schema.$ref.split('/').pop()] : schema);
const isOpen = (schema) => [schema, schema.items, named(schema), named(schema.items)].some((one) => one?.['x-open']);

const personal = ['subject', 'issuer', 'serial', 'serialNumber', 'creditCode', 'label', 'pem', 'csr', 'chain', 'certificate', 'order', 'mark', 'token', 'publicKey', 'spki',
	'id', 'proof', 'receipt', 'envelope', 'path', 'log', 'holder', 'pinentry', 'init', 'program', 'file', 'message'];

test('what may be personal is not open', () => {
	let seen = 0;
	for (const document of documents)
		for (const [name, schema] of fields(document)) {
			const kind = named(schema.items ?? schema);
			if (kind?.type !== 'string' || kind.enum || !personal.includes(name)) continue;
			seen++;
			assert.ok(!isOpen(schema) || (name === 'id' && kind.maxLength === 9), `${name}: the USB key's model is the only id that is shown`);
		}
	assert.ok(seen > 60, `${seen} texts`);
});

test('only texts are marked, and no secret', () => {
	const marked = (value, trail) => {
		if (value === null || typeof value !== 'object') return;
		if (value['x-open']) assert.ok((value.type === 'string' || value.$ref) && !value['x-secret'] && !value.contentEncoding, trail);
		for (const [key, part] of Object.entries(value)) marked(part, `${trail}/${key}`);
	};
	for (const document of documents) marked(document, document.info.title);
});
