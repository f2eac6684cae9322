// The code's own decision tables as Promela macros: agent/renewal/decide.c (rows, gains) and hall/order.c (table).
// By hand: node tests/model/tables.mjs > tables.h
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

const read = (name) => readFileSync(path.join(root, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const facts = (text) => (text.trim() === '0' ? '0' : text.split('|').map((word) => `KH_FACT_${word.trim()}`).join(' | '));

function body(source, name) {
	const found = new RegExp(`${name}(?:\\[[^\\]]*\\])* = \\{\\n([\\s\\S]*?)\\n\\};`).exec(source);
	if (!found) throw new Error(`no ${name} in the source`);
	return found[1];
}

// A short name of the C file → the fact it stands for.
const aliases = (source) => Object.fromEntries([...source.matchAll(/^#define (\w+) KH_FACT_(\w+)$/gm)].map((hit) => [hit[1], hit[2]]));

function chain(name, parameters, cases, last) {
	return `#define ${name}(${parameters}) \\\n${cases.map(([when, then]) => `\t((${when}) -> ${then} : \\\n`).join('')}\t${last}${')'.repeat(cases.length)}\n`;
}

function renewal() {
	const header = read('agent/renewal/decide.h');
	const source = read('agent/renewal/decide.c');
	const long = aliases(source);
	const spelled = (text) => facts(text.trim() === '0' ? '0' : text.split('|').map((word) => long[word.trim()] ?? word.trim()).join('|'));
	const out = [...header.matchAll(/(KH_FACT_\w+) = 1 << (\d+)/g)].map((hit) => `#define ${hit[1]} ${1 << Number(hit[2])}\n`);
	for (const act of ['begin', 'install', 'complete', 'cancel']) {
		const rows = [...body(source, `${act}_rows`).matchAll(/\{([^,]+), ([^,]+), (KH_STEP_\w+)\}/g)];
		const cases = rows.map(([, present, absent, step]) => {
			const all = spelled(present), none = spelled(absent);
			return [`(f & (${all})) == (${all}) && (f & (${none})) == 0`, step];
		});
		out.push(chain(`NEXT_${act}`, 'f', cases.slice(0, -1), cases.at(-1)[1]));
	}
	const gains = [...body(source, 'gains').matchAll(/\[(KH_STEP_\w+)\] = ([^,]+),/g)];
	out.push(chain('GAINS', 's', gains.map(([, step, gain]) => [`s == ${step}`, `(${spelled(gain)})`]), '0'));
	return out.join('');
}

function order() {
	const events = [...read('hall/order.h').matchAll(/^\t(HALL_EVENT_(?!COUNT)\w+),/gm)].map((hit) => hit[1]);
	const cases = Object.fromEntries(events.map((event) => [event, []]));
	for (const [, state, cells] of body(read('hall/order.c'), 'table').matchAll(/\[(\w+)\]\s*= \{([^}]*)\}/g))
		cells.split(',').forEach((cell, i) => {
			if (cell.trim() !== '0') cases[events[i]].push([`s == HALL_${state}`, `HALL_${cell.trim()}`]);
		});
	if (events.length === 0 || !cases.HALL_EVENT_KEY.length) throw new Error('no table in hall/order.c');
	return `${events.map((event) => chain(`NEXT_${event}`, 's', cases[event], '0')).join('')}#define ORDER_NEXT(s, e) NEXT_##e(s)\n`;
}

export const tables = () => renewal() + order();
if (process.argv[1]?.endsWith('tables.mjs')) process.stdout.write(tables());
