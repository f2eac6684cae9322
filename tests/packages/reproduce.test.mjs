// Made once more of the same commit, in another folder, on another date, in another time zone and language: the same bytes.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const dist = path.join(root, 'dist');
let folder;
before(() => { folder = temporaryFolder(); });
after(() => removeFolder(folder));

const sums = (place) => Object.fromEntries(readFileSync(path.join(place, 'SHA256SUMS'), 'utf8').trim().split('\n').map((line) => line.split('  ').reverse()));

test('every file of dist/ comes out again', async (t) => {
	const place = path.join(folder, 'a folder of quite another length'), again = path.join(place, 'dist');
	await run('git', ['clone', '--quiet', '--no-hardlinks', root, place]);
	const begun = Date.now();
	// libfaketime would move the times of files, too.
	const env = { TZ: 'Pacific/Kiritimati', LANG: 'de_DE.UTF-8', LC_ALL: '', HOME: folder, NO_FAKE_STAT: '1' };
	await run('faketime', ['-f', '+400d', './dev', 'package'], { cwd: place, env });
	t.diagnostic(`made again in ${((Date.now() - begun) / 1000).toFixed(0)} s`);
	const first = sums(dist), second = sums(again);
	const other = Object.keys({ ...first, ...second }).filter((name) => first[name] !== second[name]);
	for (const name of other.filter((one) => [dist, again].every((where) => existsSync(path.join(where, one)))))
		t.diagnostic((await run('diffoscope', ['--max-report-size', '4000', path.join(dist, name), path.join(again, name)], { status: null })).stdout);
	assert.deepEqual(other, []);
});
