// What axe-core finds wrong on a page for people who see, hear or move otherwise.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// A line for each rule that is broken, seriously or critically.
export async function seriousFaults(page) {
	await page.evaluate(source);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
		.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary.replace(/\s+/g, ' ')})`).join('; ')}`);
}
