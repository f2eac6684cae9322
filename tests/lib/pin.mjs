// The PIN window's answers, given by a script: a pinentry program of its own for every scene.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { until } from './process.mjs';

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export class PinScript {
	// answers: a PIN for ever, or a list for answer().
	constructor(folder, answers) {
		this.folder = path.join(folder, 'pin');
		mkdirSync(this.folder, { recursive: true });
		this.program = path.join(this.folder, 'pinentry');
		writeFileSync(this.program, `#!/bin/sh\nexec ${quote(path.join(root, 'tests/lib/pinentry.sh'))} ${quote(this.folder)}\n`);
		chmodSync(this.program, 0o755);
		this.env = {};
		this.answer(...[answers].flat());
	}

	// What the next windows get: a PIN in digits, or cancel, yes, no, close, hang, wait; the last one stays.
	answer(...answers) {
		writeFileSync(path.join(this.folder, 'answers'), answers.map((one) => `${/^\d+$/.test(one) ? `pin ${one}` : one}\n`).join(''));
	}

	// Ends a wait.
	go() { writeFileSync(path.join(this.folder, 'go'), ''); }

	// The Assuan commands so far.
	asked() {
		const file = path.join(this.folder, 'asked');
		return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
	}

	// How often a PIN was asked for.
	count() { return this.asked().filter((line) => line.startsWith('GETPIN')).length; }

	untilAsked(count) { return until(() => this.count() >= count, `PIN window ${count}`); }
}
