// The recovery matrix: at every PKCS#11 call of a renewal something breaks; the public methods alone bring it to its end.
// docs/recovery.md says what it covers. Without KEYHALL_ALL=1 a sample, the same every time: KEYHALL_MATRIX_SEED chooses another.
// KEYHALL_MATRIX_POINT=TEXT tries the points whose name has the text; KEYHALL_MATRIX_TIMES=1 shows what each took.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test, { after } from 'node:test';
import { all } from '../lib/paths.mjs';
import { kinds } from './kinds.mjs';
import { choosePoints, describePoint, listPoints } from './points.mjs';
import { tryAll } from './pool.mjs';
import { World } from './world.mjs';

const { KEYHALL_MATRIX_SEED: seed = '0', KEYHALL_MATRIX_POINT: named, KEYHALL_MATRIX_TIMES: times } = process.env;
// Nothing here outlives the test, and a disk would be the slowest part.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm';

const took = { points: 0, lost: 0 };
after(() => console.log(`${took.points} points tried, ${took.lost} lost`));

for (const kind of kinds.filter((one) => all || !one.long))
	test(`${kind.name}: whatever call breaks, the renewal comes to its end`, { timeout: 3600000 }, async () => {
		const world = await World.make(kind), begun = Date.now();
		try {
			const points = listPoints(world), lost = [];
			const chosen = named ? points.filter((point) => describePoint(point).includes(named)) : choosePoints(world, points, seed);
			let unmet = 0;
			await tryAll(world, chosen, (point, { failure, met, ms }) => {
				if (failure) { lost.push(failure); console.log(`lost: ${failure}`); }
				if (times) console.log(`${ms} ms ${describePoint(point)}${met ? '' : ', not met'}`);
				unmet += !failure && !met;
			});
			took.points += chosen.length;
			took.lost += lost.length;
			const calls = world.calls.map((lines) => lines.filter((name) => name !== 'write').length), total = world.calls.flat().length;
			console.log(`${kind.name}: ${calls.join(' + ')} calls, ${total - calls.reduce((a, b) => a + b)} writes; ${chosen.length} of ${points.length} points tried `
				+ `in ${Math.round((Date.now() - begun) / 1000)} s, ${lost.length} lost${unmet ? `, ${unmet} not met` : ''}`);
			assert.deepEqual(lost, []);
		} finally { world.close(); }
	});
