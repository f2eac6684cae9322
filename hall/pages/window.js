/*
 * When a certificate may be renewed, by the hall's rule and the hall's clock: what the page shows before it asks.
 * The hall itself decides when the order is opened.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var offset = 0;

	/* "1 month", "30 days" → {months, days} */
	function span(text) {
		var parts = /^(\d+) (day|month|year)s?$/.exec(text || '');
		if (!parts) { return null; }
		var count = Number(parts[1]);
		return {
			months: parts[2] === 'year' ? 12 * count : parts[2] === 'month' ? count : 0,
			days: parts[2] === 'day' ? count : 0
		};
	}

	/* By the calendar: a month before March 31st is the last day of February. */
	function move(time, by, direction) {
		var at = new Date(time);
		var day = at.getUTCDate();
		at.setUTCDate(1);
		at.setUTCMonth(at.getUTCMonth() + direction * by.months);
		var last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
		at.setUTCDate(Math.min(day, last) + direction * by.days);
		return at.getTime();
	}

	Hall.clock = {
		/* time: the hall's, RFC 3339 */
		set: function (time) {
			var hall = new Date(time).getTime();
			offset = isNaN(hall) ? 0 : hall - Date.now();
		},
		now: function () { return Date.now() + offset; },
		/* the same as the agent reads it: RFC 3339, UTC, seconds */
		text: function () { return new Date(Date.now() + offset).toISOString().replace(/\.\d+/, ''); }
	};

	/* {state: early|open|late, opens, closes}; the agent's opinion where the hall names no rule */
	Hall.renewalWindow = function (certificate, rule) {
		var before = span(rule && rule.before);
		var after = span(rule && rule.after);
		if (!before || !after) { return certificate.renewal; }
		var now = Hall.clock.now();
		var opens = move(certificate.notAfter, before, -1);
		var closes = move(certificate.notAfter, after, 1);
		return {
			state: now < opens ? 'early' : now > closes ? 'late' : 'open',
			opens: new Date(opens).toISOString(),
			closes: new Date(closes).toISOString()
		};
	};
}());
