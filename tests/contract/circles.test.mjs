// Circles of files by #include: a header and its sources are one node. A circle means that neither can be read, tested or moved alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { includes, files, target } from '../lib/includes.mjs';

// Each with the sentence that defends it.
const defended = [
	{ circle: ['agent/renewal/mend', 'agent/renewal/run', 'agent/renewal/steps'], because: 'run.c takes the rows of steps.h one after the other, a row asks and takes for a run, and mend.h says after which failures it goes on: one loop, its table and its exceptions.' },
	{ circle: ['pkcs11/key/unwrap', 'pkcs11/key/unwrap_way'], because: 'unwrap_way.h is the inside of unwrap.c: its ways are told what unwrap.h asks for, and unwrap.c tries them in a row.' },
	{ circle: ['pkcs11/token/inventory', 'pkcs11/token/object', 'pkcs11/token/search', 'pkcs11/token/token'], because: 'A token holds the inventory of its objects, and an object is looked for and read over the session of its token.' },
];

const nodeOf = (file) => file.replace(/(_(posix|win|linux))?\.[ch]$/, '');

function graph() {
	const edges = new Map(files.map((file) => [nodeOf(file), new Set()]));
	for (const include of includes) {
		const to = target(include);
		if (to && nodeOf(to) !== nodeOf(include.file)) edges.get(nodeOf(include.file)).add(nodeOf(to));
	}
	return edges;
}

function reachable(edges, from) {
	const seen = new Set();
	for (const next = [...edges.get(from)]; next.length > 0;) {
		const node = next.pop();
		if (!seen.has(node)) next.push(...edges.get(node));
		seen.add(node);
	}
	return seen;
}

// Everything that reaches itself, gathered with what it reaches that reaches it.
function circles(edges) {
	const reach = new Map([...edges.keys()].map((node) => [node, reachable(edges, node)]));
	const found = [...edges.keys()].filter((node) => reach.get(node).has(node))
		.map((node) => [...reach.get(node)].filter((other) => reach.get(other).has(node)).sort().join(' '));
	return [...new Set(found)].sort();
}

test('a circle is found', () => {
	const edges = new Map(Object.entries({ a: ['b'], b: ['c'], c: ['b', 'd'], d: [], e: ['f'], f: ['e'] }).map(([from, to]) => [from, new Set(to)]));
	assert.deepEqual(circles(edges), ['b c', 'e f']);
});

test('there is no circle of files but those that somebody defends', () => {
	assert.deepEqual(circles(graph()), defended.map(({ circle }) => circle.join(' ')).sort());
	for (const { because } of defended) assert.match(because, /^[^.]+(\.[ch]\b[^.]+)*\.$/, 'one sentence');
});

test('a header name as it is included stands for one file', () => {
	const names = new Map();
	for (const file of files.filter((one) => one.endsWith('.h') && !one.startsWith('hall/'))) {
		const name = file.split('/').slice(1).join('/');
		names.set(name, [...(names.get(name) ?? []), file]);
	}
	assert.deepEqual([...names.values()].filter((owners) => owners.length > 1), []);
});

test('every include of ours finds its file', () => {
	const generated = /^(codes|contract|host_contract|configuration|profile_file|page_files|tool_commands)\.h$/;
	const lost = includes.filter((include) => include.own && !target(include) && !generated.test(include.header));
	assert.deepEqual(lost.map(({ file, line, header }) => `${file}:${line} "${header}"`), []);
});
