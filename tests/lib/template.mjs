// What many tests begin with - a key with its certificate, and the CA of it - is made once in a process and copied for each.
import { cpSync } from 'node:fs';
import { temporaryFolder } from './process.mjs';

const made = new Map();

async function makeOnce(make) {
	const folder = temporaryFolder('keyhall-template-');
	return { folder, facts: await make(folder) };
}

// about: all that make(folder) depends on. Fills folder with what it has made, and gives what it has returned.
export async function fromTemplate(about, folder, make) {
	const name = JSON.stringify(about);
	if (!made.has(name)) made.set(name, makeOnce(make));
	const template = await made.get(name);
	cpSync(template.folder, folder, { recursive: true, force: true });
	return template.facts;
}
