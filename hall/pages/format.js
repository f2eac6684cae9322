/* How dates, money and names are shown; what the hall's own rules (window, credit code) say in the page. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var DAY = 24 * 60 * 60 * 1000;

	function two(number) {
		return (number < 10 ? '0' : '') + number;
	}

	/* RFC 3339 → 2026-11-22 in local time */
	function date(time) {
		var at = new Date(time);
		if (isNaN(at.getTime())) { return ''; }
		return at.getFullYear() + '-' + two(at.getMonth() + 1) + '-' + two(at.getDate());
	}

	function dateTime(time) {
		var at = new Date(time);
		return date(time) && date(time) + ' ' + two(at.getHours()) + ':' + two(at.getMinutes());
	}

	/* cents → ¥ 300.00 */
	function money(cents) {
		return '¥ ' + Math.floor(cents / 100) + '.' + two(cents % 100);
	}

	/* seconds → 4:07 */
	function clock(seconds) {
		return Math.floor(seconds / 60) + ':' + two(seconds % 60);
	}

	/* One attribute of an RFC 4514 name, unescaped; '' where it is absent. */
	function attribute(name, type) {
		var found = new RegExp('(?:^|[,+])\\s*' + type + '=((?:\\\\.|[^,+\\\\])*)', 'i').exec(name || '');
		return found ? found[1].replace(/\\([0-9A-Fa-f]{2})/g, '%$1').replace(/\\(.)/g, '$1') : '';
	}

	function company(subject) {
		var name = attribute(subject, 'O') || attribute(subject, 'CN');
		try {
			return /%[0-9A-Fa-f]{2}/.test(name) ? decodeURIComponent(name) : name;
		} catch (ignored) {
			return name;
		}
	}

	/* aa01bc → AA 01 BC, breakable at the blanks */
	function serial(hex) {
		return (hex || '').toUpperCase().replace(/(..)(?=.)/g, '$1 ');
	}

	function daysLeft(notAfter, now) {
		return Math.floor((new Date(notAfter).getTime() - now) / DAY);
	}

	Hall.format = {
		date: date,
		dateTime: dateTime,
		money: money,
		clock: clock,
		company: company,
		serial: serial,
		daysLeft: daysLeft,
		common: function (name) { return attribute(name, 'CN') || attribute(name, 'O') || name; }
	};
}());
