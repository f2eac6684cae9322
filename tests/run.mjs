// Runs every suite and adds up: node tests/run.mjs [--all] [SUITE...]; ./dev test calls it.
// Suites of one lane run one after the other, the two lanes side by side. Nothing is skipped: a missing tool is a failure. A test with
// node's mark todo shows a defect that is known; these are counted by themselves.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { watched } from './lib/watched.mjs';

const args = process.argv.slice(2);
const all = args.includes('--all');
const chosen = [...args.filter((arg) => !arg.startsWith('-')), ...(args.includes('--packages') ? ['packages'] : [])];
const logs = path.join(root, 'build', 'test-logs');
const browserNode = process.env.KEYHALL_BROWSER_NODE ?? process.execPath;
// Every process, also a child of a child, reports into a file of its own; the suite fails when there is one.
const reports = path.join(root, 'build-asan', 'reports');
const sanitizers = {
	ASAN_OPTIONS: `detect_leaks=1:exitcode=99:detect_stack_use_after_return=1:malloc_context_size=20:log_path=${reports}/asan`,
	UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:exitcode=99:log_path=${reports}/ubsan`,
	LSAN_OPTIONS: `suppressions=${path.join(root, 'tests/lib/lsan.supp')}:print_suppressions=0`,
};

const tests = (folder, pattern = /\.test\.mjs$/) => {
	const place = path.join(root, 'tests', folder);
	return existsSync(place) ? readdirSync(place).filter((name) => pattern.test(name)).sort().map((name) => path.join('tests', folder, name)) : [];
};
const meson = (folder, ...options) =>
	`[ -f ${folder}/build.ninja ] || meson setup ${folder} ${options.join(' ')} >/dev/null; ninja -C ${folder} --quiet`;

// The suite installed makes packages of it: what belongs into them is built, too.
const installable = `grep -q '"name": "installer", "value": true' build/meson-info/intro-buildoptions.json || { meson configure build -Dprefix=/usr -Dinstaller=true; ninja -C build --quiet; }`;

// In the short form a flow runs once: sanitized, which proves more, unless it waits or repeats more than it runs C that is not run elsewhere.
const waiting = new RegExp(`^(${['attack-page', 'between-', 'card', 'cookies', 'hall-(crash|recovery|refusals|serial)', 'harness', 'middleware', 'modules', 'no-ipv6',
	'odd', 'reminder', 'renewal-hall', 'samples', 'sdk', 'shim', 'slow-key', 'start', 'support', 'tool-', 'torn'].join('|')})`);
// Looks at what is shipped as it is: memory, times.
const shipped = /^(renewal\.|softkey-host|token-host|usb-plug)/;
const flows = tests('flow', /^(?!between-|card|middleware).*\.test\.mjs$/).filter((file) => all || [waiting, shipped].some((one) => one.test(path.basename(file))));
const sanitizedFlows = tests('flow').filter((file) => all || !waiting.test(path.basename(file)));

// name, lane, and one of: shell (one test: ends with 0), meson (a build folder), node (files; abreast: in so many parts side by side, because they
// wait more than they compute). stops: without it the lane ends.
// serves: the suites that need it, also when they are asked for by name. apart: only when it is asked for.
const suites = [
	{ name: 'build', lane: 0, shell: `${meson('build')}; ${installable}`, stops: true, serves: /./ },
	{ name: 'unit', lane: 0, meson: 'build' },
	{ name: 'contract', lane: 0, node: tests('contract') },
	{ name: 'sdk', lane: 0, node: tests('sdk'), program: browserNode },
	{ name: 'flow', lane: 0, node: flows, abreast: 2 },
	{ name: 'browser', lane: 0, node: tests('browser'), program: browserNode, concurrency: 1 },
	{ name: 'card', lane: 0, node: tests('flow', /^card.*\.test\.mjs$/) },
	{ name: 'demo', lane: 0, shell: 'node tests/demo/demo.mjs --script; node tests/demo/demo.mjs --script --sm2 --dual' },
	{ name: 'bench', lane: 0, shell: 'build/tests/bench/keyhall-bench --short' },
	{ name: 'matrix', lane: 0, node: tests('matrix') },
	{ name: 'clang build', lane: 0, shell: `export CC=clang; ${meson('build-clang', '-Doptimization=0')}`, serves: /^lint$/ },
	{ name: 'lint', lane: 0, shell: 'node tests/lint.mjs' },
	{ name: 'package', lane: 0, shell: './dev package', apart: true, stops: true, serves: /^packages$/ },
	{ name: 'windows tools', lane: 0, shell: 'installer/windows/build build-win', apart: true, stops: true, serves: /^packages$/ },
	{ name: 'packages', lane: 0, node: tests('packages'), apart: true },

	// With its checks in, GCC 14 warns of what cannot be.
	{ name: 'sanitized build', lane: 1, shell: meson('build-asan', '-Db_sanitize=address,undefined', '-Dwerror=false', '-Db_lundef=false', '-Dbuildtype=debugoptimized'), stops: true, serves: /^sanitized/ },
	{ name: 'sanitized unit', lane: 1, meson: 'build-asan', env: sanitizers },
	{ name: 'sanitized flow', lane: 1, node: sanitizedFlows, abreast: 2, env: { ...sanitizers, KEYHALL_BUILD: 'build-asan', KEYHALL_SANITIZED: '1' } },
	{ name: 'model', lane: 1, node: tests('model'), concurrency: 1 },
	{ name: 'between', lane: 1, node: tests('flow', /^between-.*\.test\.mjs$/) },
	{ name: 'middleware', lane: 1, node: tests('flow', /^middleware.*\.test\.mjs$/) },
	{ name: 'valgrind', lane: 1, node: tests('valgrind') },
	{ name: 'installed', lane: 1, node: tests('packages/short') },
	{ name: 'windows', lane: 1, shell: 'installer/windows/test --short' },
];

// A slow machine is not at fault: only a suite that has gone silent is ended, or one that never comes to an end.
const minute = 60000;
const patience = all ? { quiet: 60 * minute, far: 24 * 60 * minute } : { quiet: 20 * minute, far: 4 * 60 * minute };
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));

const logName = (suite, part = '') => path.join(logs, `${suite.name.replace(/ /g, '-')}${part}`);

async function execute(suite, file, argv, part) {
	const env = { ...process.env, ...(all ? { KEYHALL_ALL: '1' } : {}), ...suite.env };
	const result = await watched(file, argv, { cwd: root, env, ...patience });
	writeFileSync(`${logName(suite, part)}.log`, result.output);
	return result;
}

// What the sanitizers wrote since last asked.
function takeReports() {
	const found = existsSync(reports) ? readdirSync(reports).map((name) => readFileSync(path.join(reports, name), 'utf8')) : [];
	rmSync(reports, { recursive: true, force: true });
	mkdirSync(reports, { recursive: true });
	return found.filter(Boolean);
}

async function runShell(suite) {
	const { status, output } = await execute(suite, 'bash', ['-c', `set -e; ${suite.shell}`]);
	return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, output };
}

// The programs are cmocka's: every one of their cases counts.
async function runMeson(suite) {
	const { status, output } = await execute(suite, 'meson', ['test', '-C', suite.meson, '--no-rebuild', '--print-errorlogs', '--timeout-multiplier', '20']);
	const log = path.join(root, suite.meson, 'meson-logs/testlog.json');
	const rows = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
	let passed = 0, failed = 0;
	for (const row of rows) {
		const text = `${row.stdout ?? ''}\n${row.stderr ?? ''}`;
		const ok = [...text.matchAll(/^\[  PASSED  \] (\d+) test/gm)].reduce((sum, hit) => sum + Number(hit[1]), 0);
		if (row.result === 'OK') passed += ok || 1;
		else { passed += ok; failed += [...text.matchAll(/^ ?\[  FAILED  \] (\d+) test/gm)].reduce((sum, hit) => sum + Number(hit[1]), 0) || 1; }
	}
	if (status !== 0 && failed === 0) failed = 1;
	return { passed, failed, output };
}

async function runFiles(suite, files, part) {
	const tap = `${logName(suite, part)}.tap`;
	rmSync(tap, { force: true });
	const concurrency = suite.concurrency && Number(process.versions.node.split('.')[0]) >= 21 ? [`--test-concurrency=${suite.concurrency}`] : [];
	const { status, output } = await execute(suite, suite.program ?? process.execPath, ['--test', ...concurrency,
		'--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${tap}`, ...files], part);
	const report = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
	const count = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(report)?.[1] ?? 0);
	const passed = count('pass');
	let failed = count('fail') + count('cancelled') + count('skipped');
	if (status !== 0 && failed === 0) failed = 1;
	if (passed + failed === 0) failed = 1;
	return { passed, failed, known: count('todo'), output };
}

async function runNode(suite) {
	if (suite.node.length === 0) return { passed: 0, failed: 1, output: `no test files for ${suite.name}` };
	const parts = Math.min(suite.abreast ?? 1, suite.node.length);
	const results = await Promise.all(Array.from({ length: parts }, (_, i) =>
		runFiles(suite, suite.node.filter((_, n) => n % parts === i), parts > 1 ? `-${i + 1}` : '')));
	const sum = (what) => results.reduce((total, one) => total + one[what], 0);
	// The last lines are shown of a suite that failed.
	return { passed: sum('passed'), failed: sum('failed'), known: sum('known'), output: results.sort((a, b) => a.failed - b.failed).map((one) => one.output).join('\n') };
}

const isChosen = (suite) => chosen.includes(suite.name) || chosen.some((name) => suite.serves?.test(name));
// A few suites by name are one lane: what serves them comes first.
const lanes = chosen.length ? [suites.filter(isChosen)] : [0, 1].map((lane) => suites.filter((one) => one.lane === lane && !one.apart));

const results = [];
async function runLane(lane) {
	for (const suite of lane) {
		const begin = Date.now();
		if (suite.env) takeReports();
		const result = suite.shell ? await runShell(suite) : suite.meson ? await runMeson(suite) : await runNode(suite);
		for (const report of suite.env ? takeReports() : []) { result.failed += 1; result.output += `\n${report}`; }
		results.push({ ...suite, ...result });
		const seconds = ((Date.now() - begin) / 1000).toFixed(0);
		console.log(`${result.failed ? '✗' : '✓'} ${suite.name.padEnd(16)} ${String(result.passed).padStart(5)} ok ${String(result.failed).padStart(4)} not ok ${seconds.padStart(5)} s`);
		if (result.failed) console.log(result.output.split('\n').slice(-120).map((line) => `    ${line}`).join('\n'));
		if (result.failed && suite.stops) return;
	}
}

const unknown = chosen.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length) { console.error(`no such suite: ${unknown.join(', ')}; there are: ${suites.map((one) => one.name).join(', ')}`); process.exit(2); }
mkdirSync(logs, { recursive: true });
console.log(`${os.cpus().length} processors, Node.js ${process.versions.node}; output of each suite in ${path.relative(process.cwd(), logs)}/`);
await Promise.all(lanes.map(runLane));
if (all && ['middleware', 'card'].every((name) => results.some((one) => one.name === name && one.failed === 0))) await import('./keys-table.mjs');
const sum = (what) => results.reduce((total, one) => total + one[what], 0);
const known = results.reduce((total, one) => total + (one.known ?? 0), 0);
if (known) console.log(`${known} show a known defect`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1);
