// Runs inside a network namespace without [::1] (no-ipv6.py): what the daemon is there, as JSON on the last line.
import { mkdtempSync, readFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Daemon } from './daemon.mjs';
import { program } from './paths.mjs';
import { removeFolder, run } from './process.mjs';
import { keyhall } from './tool.mjs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-no-ipv6-'));
const seen = { ipv6: await new Promise((resolve) => {
	const server = net.createServer().on('error', (error) => resolve(error.code)).listen(0, '::1', () => server.close(() => resolve('there')));
}) };
const daemon = await Daemon.start({ folder, origins: ['https://hall.example.cn'], token: { module: path.join(folder, 'no-driver.so') } });
try {
	for (const locale of ['zh-CN', 'en']) {
		const agent = await daemon.connect({ locale });
		seen[locale] = (await agent.call('environment.check')).items.find((item) => item.id === 'agent');
		await agent.close();
	}
	seen.doctor = (await keyhall(daemon, ['doctor'])).stdout;
} finally { await daemon.stop(); }
seen.log = readFileSync(path.join(folder, 'keyhalld.log'), 'utf8');
const other = net.createServer((socket) => socket.destroy()).listen(daemon.port, '127.0.0.1');
await new Promise((resolve) => other.on('listening', resolve));
seen.taken = (await run(program.keyhalld, ['--config', daemon.configuration, '--foreground'], { env: daemon.env, status: 4 })).stderr;
await new Promise((resolve) => other.close(resolve));
removeFolder(folder);
console.log(JSON.stringify(seen));
