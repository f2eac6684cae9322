// Twelve broken computers (tests/support): the summary in the report's .zip names the cause first, by its number and in words.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { breakages } from '../support/breakages.mjs';
import { onBroken } from '../support/broken.mjs';
import { unzip } from '../lib/zip.mjs';

for (const [name, breakage] of Object.entries(breakages))
	test(`${name}: ${breakage.cause}`, () => onBroken(breakage, async (scene, report) => {
		const file = path.join(scene.folder, 'report.zip');
		await report(file);
		const summary = (await unzip(file))['summary.txt'], [, number] = /^Likely cause.*\n +(\d{4}) /m.exec(summary) ?? [];
		assert.equal(Number(number), breakage.number, summary);
		if (name === 'key-held') assert.match(summary, /bank-client/);
	}));

test('they are twelve', () => assert.equal(Object.keys(breakages).length, 12));
