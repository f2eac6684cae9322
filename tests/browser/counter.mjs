// A clerk before a hall of the file's own, for all of its tests; the agent is the file's concern.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before } from 'node:test';
import { Hall } from '../lib/hall.mjs';
import { removeFolder, temporaryFolder } from '../lib/process.mjs';
import { Clerk } from './clerk.mjs';

// Pictures of all that is shown, to be looked at: KEYHALL_PICTURES=folder.
export const pictures = process.env.KEYHALL_PICTURES;

// prepare(folder): what Hall.start is told besides; ready({ folder, hall, clerk }): before the first test.
export function openCounter(prepare, ready) {
	const counter = {};
	before(async () => {
		if (pictures) mkdirSync(pictures, { recursive: true });
		counter.folder = temporaryFolder();
		counter.hall = await Hall.start({ folder: counter.folder, state: path.join(counter.folder, 'hall'), ...await prepare(counter.folder) });
		counter.clerk = await Clerk.open('chromium', path.join(counter.folder, 'profile'));
		await ready(counter);
	});
	after(async () => {
		await counter.clerk?.close();
		await counter.hall?.stop();
		removeFolder(counter.folder);
	});
	return counter;
}
