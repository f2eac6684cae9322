// The points of the matrix: what breaks at which call, and where the renewal goes on. And one point tried.
import { createHash } from 'node:crypto';
import { all } from '../lib/paths.mjs';
import { sleep, until } from '../lib/process.mjs';
import { Scene } from './scene.mjs';
import { parts } from './world.mjs';

const errors = ['0x30', '0x5', '0x6', '0x31', '0xb3'];

// How many percent of a new object's attributes are there, and what that leaves: little (no attribute, or none that can be read), a part
// (a label, no CKA_ID; both, no value), most (a private key without its value; of the others the last attribute is missing).
const extents = { 0: 'little', 1: 'little', 30: 'a part', 60: 'a part', 95: 'most' };

// rule: a line of softkey's fault script for call n. kill: the daemon is killed when the call has begun; its token host waits for the call,
// and the next one for that. writes: n is a write's number.
// sample: what it is for the short form, where that is not its name.
// done: the work is done and only the answer is missing; where nothing is written that is the same key as before, so not tried again.
export const actions = [
	{ name: 'error', rule: (n) => `** ${n} error ${errors[n % errors.length]}` },
	{ name: 'error after', rule: (n) => `** ${n} after error ${errors[n % errors.length]}`, done: true },
	{ name: 'pulled', rule: (n) => `** ${n} pull A`, pulls: true },
	{ name: 'exit', rule: (n) => `** ${n} exit 7` },
	{ name: 'crash', rule: (n) => `** ${n} after crash` },
	{ name: 'daemon killed', rule: (n) => `** ${n} ${n % 2 ? 'after ' : ''}hang`, kill: true, waits: true },
	{ name: 'hang', rule: (n) => `** ${n} ${n % 2 ? 'after ' : ''}hang`, waits: true },
	{ name: 'power cut', rule: (n) => `write ${n} cut`, writes: true },
	...Object.entries(extents).map(([percent, left]) =>
		({ name: `torn write, ${percent} %`, rule: (n) => `write ${n} tear ${percent}`, writes: true, tears: true, sample: `torn write, ${left}` })),
];
const actionOf = (point) => actions.find((one) => one.name === point.action);
export const isWaiting = (point) => Boolean(actionOf(point)?.waits);

// Not a call: what the key holds of the order is gone once the certificate is issued. issues: how often the hall may issue then (a
// private key that does not show its public key is made anew where no journal has it).
const losses = { 'key pair': { kinds: ['private', 'public'], issues: 2 }, 'private key': { kinds: ['private'], issues: 2 }, 'public key': { kinds: ['public'], issues: 2 } };
const same = { name: '' }, other = { name: 'other computer', fresh: true };
const otherSlot = { name: 'other slot', slot: true };
const places = [same, other, otherSlot], placesOf = (action) => (action.pulls ? places : [same, other]);

// Behind the shim nobody sees what a call writes.
const creating = ['C_GenerateKeyPair', 'C_CreateObject', 'C_UnwrapKey'];
const writing = ['C_Login', ...creating, 'C_SetAttributeValue', 'C_DestroyObject'];

// The recorded lines: a call, then the numbers of its writes.
function readCalls(lines) {
	const calls = [];
	let written = 0;
	for (const name of lines) if (name === 'write') calls.at(-1).writes.push(++written); else calls.push({ name, writes: [] });
	return calls;
}

// Every point of a world: {part, action, n, call, place}; a test of it is named by its text.
export function listPoints(world) {
	const points = [];
	world.calls.forEach((lines, part) => {
		const calls = readCalls(lines);
		const add = (action, call, n) => { for (const place of placesOf(action).filter((one) => !one.slot || !world.kind.softhsm)) points.push({ part, action: action.name, n, call, place: place.name }); };
		for (const action of actions.filter((one) => !one.writes || !world.kind.softhsm))
			calls.forEach(({ name, writes }, i) => {
				if (action.tears && !creating.includes(name)) return;
				if (action.writes) writes.forEach((n) => add(action, name, n));
				else if (!action.done || writes.length || writing.includes(name)) add(action, name, i + 1);
			});
	});
	for (const call of world.kind.same || world.kind.softhsm ? [] : Object.keys(losses))
		for (const place of [same, other]) points.push({ part: 1, action: 'lost', n: 0, call, place: place.name });
	return points;
}

export const describePoint = (point) => `${point.call} (${parts[point.part]} ${point.n}), ${point.action}${point.place ? `, ${point.place}` : ''}`;

// The short form: every function meets every action at one of its calls, every write its cut and its tears; another seed takes others.
export function samplePoints(points, seed) {
	const groups = new Map();
	for (const point of points) {
		const action = actionOf(point), key = `${action?.sample ?? point.action} ${point.call} ${action?.writes ? `${point.part} ${point.n}` : ''}`;
		groups.set(key, [...groups.get(key) ?? [], point]);
	}
	return [...groups].map(([key, list]) => list[createHash('sha256').update(`${seed} ${key}`).digest().readUInt32BE() % list.length]);
}

export const choosePoints = (world, points, seed) => (all && !world.kind.softhsm ? points : samplePoints(points, seed));

async function interrupt(scene, point, action) {
	const broken = scene.part(point.part).then(() => null, (error) => { scene.errors.push(error.name); return error; });
	if (!action.kill) return broken;
	let ended = false;
	broken.then(() => { ended = true; });
	await until(() => scene.met || ended, 'the fault', 20000);
	if (!scene.met) await until(() => scene.met, 'the fault', 300).catch(() => {});
	return scene.kill();
}

// The clerk plugs the key in again, whenever it went: the last calls are the agent's own, after its answer.
async function putBack(scene, place) {
	await until(() => scene.closed || !scene.plugged, 'the pull', 600000);
	await sleep(20);
	if (!scene.closed) scene.token.place(...(place.slot ? ['-', 'A'] : ['A']));
}

// One after the other: the interruption, what must be true then, the recovery, what must be true in the end.
async function play(scene, point, action, place) {
	if (action?.pulls) putBack(scene, place);
	if (action) await interrupt(scene, point, action); else scene.lose(losses[point.call].kinds);
	if (action?.tears) scene.noteTorn();
	await scene.checkUsable('after the interruption');
	await until(() => scene.plugged, 'the key to be plugged in', 5000);
	await scene.startAgain(place.fresh);
	await scene.recover();
	await scene.checkEnd(action ? 1 : losses[point.call].issues);
}

// {failure: null or a text, met: whether the call came at all}.
export async function tryPoint(world, point) {
	const action = actionOf(point), place = places.find((one) => one.name === point.place);
	const settings = { deadlines: action?.waits ? 5 : 10 };
	let scene;
	try {
		scene = await Scene.open(world, point.part, { faults: action ? [action.rule(point.n)] : [], settings });
		await play(scene, point, action, place);
		return { failure: null, met: scene.met };
	} catch (error) {
		const text = (error.stack ?? String(error)).split('\n').slice(0, 14).join(' | ');
		return { failure: `${describePoint(point)}: ${text} [${scene?.errors.join(', ')}]`, met: scene?.met };
	} finally {
		await scene?.close();
	}
}
