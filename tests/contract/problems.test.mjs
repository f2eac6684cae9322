// Every error that the agent, the SDK and the hall can give has a sentence and a remedy on the hall's pages.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { root } from '../lib/paths.mjs';

const text = (name) => readFileSync(path.join(root, name), 'utf8');
const contract = JSON.parse(text('protocol/keyhall.openrpc.json'));
const Keyhall = createRequire(import.meta.url)(path.join(root, 'protocol/js/keyhall.js'));

const names = {
	agent: Object.keys(contract.components.errors),
	sdk: Object.keys(Keyhall.states).filter((name) => name.includes('.')),
	hall: [...text('hall/error.h').matchAll(/\bX\(\w+, "([\w.]+)"/g)].map((hit) => hit[1]),
	page: ['hall.unreachable'],
};

// The pages' scripts of texts, run as a page would.
function pages(hotline) {
	const window = {};
	const document = { addEventListener() {}, documentElement: {}, querySelectorAll: () => [] };
	const context = vm.createContext({ window, document });
	vm.runInContext(text('protocol/js/look.js'), context);
	for (const name of ['texts', 'language', 'format', 'problems', 'problem']) vm.runInContext(text(`hall/pages/${name}.js`), context);
	window.Hall.state = { hall: { hotline } };
	return window.Hall;
}

for (const [who, list] of Object.entries(names))
	test(`every error of the ${who} has a text and a remedy`, () => {
		assert.ok(list.length > 0);
		const Hall = pages('400-000-0000');
		for (const name of list) assert.ok(Hall.problems[name], `hall/pages/problems.js has no ${name}`);
	});

test('no text for an error that nobody gives', () => {
	const known = new Set(Object.values(names).flat());
	for (const name of Object.keys(pages('').problems)) assert.ok(known.has(name) || known.has(name.replace(/\.\w+$/, '')), name);
});

test('each is one sentence in either language, filled or not', () => {
	const Hall = pages('400-000-0000');
	const data = { holder: 'other.exe', version: '1.0', reason: 'why', serial: '42', opens: '2026-01-02T03:04:05Z', closes: '2027-01-02T03:04:05Z', field: 'csr', state: 'PAID' };
	for (const name of Object.keys(Hall.problems))
		for (const fields of [{}, data])
			for (const [language, sentence] of [['zh', /^[^。]*[\u4e00-\u9fff][^。]*。$/], ['en', /^[A-Z][^\u4e00-\u9fff。]*\.$/]]) {
				Hall.language = () => language;
				const [said, remedy] = [Hall.says({ name, data: fields }), Hall.remedy({ name, data: fields })];
				for (const one of [said, remedy]) {
					const bare = one.replaceAll(/[“”]/g, '').replaceAll(Hall.t('state.PAID'), 'state');
					assert.match(bare, sentence, `${name} ${language}: ${one}`);
					assert.doesNotMatch(one, /[{}[\]]|undefined|T\d\d:/, `${name} ${language}`);
				}
			}
});

test('the hotline is named where only it can help', () => {
	const Hall = pages('400-000-0000');
	for (const name of ['pin.locked', 'order.reissues', 'certificate.mismatch', 'hall.unissued', 'renewal.stuck', 'token.full'])
		assert.match(Hall.remedy({ name }), /400-000-0000/, name);
});

test('an error nobody knew comes with its own words', () => {
	const Hall = pages('');
	assert.equal(Hall.says({ name: 'token.melted', message: '至 2026-05-06T12:00:00Z' }), '至 2026-05-06');
	assert.equal(Hall.remedy({ name: 'token.melted' }), '');
});
