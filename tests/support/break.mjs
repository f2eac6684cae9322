// The report of a broken computer, for somebody who shall find out what is wrong with it: node tests/support/break.mjs NAME FILE.zip
import { breakages } from './breakages.mjs';
import { onBroken } from './broken.mjs';

const [name, file] = process.argv.slice(2);
if (!breakages[name] || !file) {
	console.error(`node tests/support/break.mjs NAME FILE.zip; NAME: ${Object.keys(breakages).join(', ')}`);
	process.exit(2);
}
await onBroken(breakages[name], async (scene, report) => console.log((await report(file)).stdout));
