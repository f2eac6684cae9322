// node tests/keys-table.mjs: writes into docs/keys.md what the suites middleware and card have just shown (build/test-logs); run.mjs calls it
// after `./dev test --all middleware card`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';

const modules = [
	['sc-hsm', 'OpenSC, SmartCard-HSM'], ['myeid', 'OpenSC, PKCS#15 (MyEID)'], ['NSS', 'NSS softoken'], ['openCryptoki', 'openCryptoki soft token'],
	['TPM', 'tpm2-pkcs11'], ['p11-kit', 'p11-kit server, SoftHSM2'],
];
const operations = [
	['list, PIN state, environment check', /are shown$/],
	['wrong PINs, locked', /wrong PIN|a lock that/],
	['PIN change', /PIN is changed/],
	['renew RSA-2048', /renews rsa2048/],
	['renew P-256', /renews ec-p256/],
	['renew P-384', /renews ec-p384/],
	['RSA followed by EC', /is followed by/],
	['renew with the same key', /the same key gets|refused at once/],
	['cancel', /order is cancelled/],
	['agent started anew between the calls', /agent is started anew/],
	['token host killed in begin, install, complete', /token host is killed/],
	['another program works on the key between the calls', /another program (uses|writes a pair|logs)/],
	['its certificate shows in the next list', /certificate that another program writes/],
	['reader or middleware service restarted', /service|server's process/],
	['key pulled in a call, and put back', /key is (pulled|out)/],
	['card full', /full/],
];

// Node.js 18 has the tests of a file indented.
const log = (suite) => readFileSync(path.join(root, 'build/test-logs', `${suite}.tap`), 'utf8');
const tests = ['middleware', 'card'].flatMap((suite) => [...log(suite).matchAll(/^ *(?:not )?ok \d+ - ([^:\n]*): (.*)$/gm)])
	.map(([, module, name]) => ({ module, name: name.split(' # ')[0], todo: name.includes(' # TODO') }));

function cell(module, pattern) {
	const found = tests.filter((one) => one.module === module && pattern.test(one.name)), todo = found.filter((one) => one.todo);
	if (!found.length) return '–';
	if (todo.length) return `todo: ${todo.length} of ${found.length}`;
	// The ends of card-broken.mjs that are not the usual one.
	const others = found.filter(({ name }) => /: (halfCertificate|lostKey|deadKey|noCertificates)$/.test(name)).length;
	if (others) return `works; ${others} of ${found.length} [otherwise](real-keys.md#what-opensc-leaves)`;
	return found.every(({ name }) => name.includes('refused at once')) ? 'clear error' : 'works';
}

const table = [
	`| | ${modules.map(([, title]) => title).join(' | ')} |`,
	`|---|${modules.map(() => '---').join('|')}|`,
	...operations.map(([title, pattern]) => `| ${title} | ${modules.map(([module]) => cell(module, pattern)).join(' | ')} |`),
].join('\n');
const file = path.join(root, 'docs/keys.md'), text = readFileSync(file, 'utf8');
writeFileSync(file, text.replace(/(<!-- table -->\n)[^]*(<!-- end of table -->)/, (_, begin, end) => `${begin}${table}\n${end}`));
