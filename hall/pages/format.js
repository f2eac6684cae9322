/* How dates, money and names are shown. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var look = window.KeyhallLook;

	function dateTime(time) {
		var at = new Date(time);
		return look.date(time) && look.date(time) + ' ' + look.two(at.getHours()) + ':' + look.two(at.getMinutes());
	}

	/* cents → ¥ 300.00 */
	function money(cents) {
		return '¥ ' + Math.floor(cents / 100) + '.' + look.two(cents % 100);
	}

	/* seconds → 4:07 */
	function clock(seconds) {
		return Math.floor(seconds / 60) + ':' + look.two(seconds % 60);
	}

	/* 123456789012 → 1234 5678 9012, as it is read over the phone */
	function order(id) {
		return /^\d{12}$/.test(id) ? id.replace(/(\d{4})(?=\d)/g, '$1 ') : id;
	}

	Hall.format = {
		date: look.date,
		dateTime: dateTime,
		money: money,
		clock: clock,
		order: order,
		company: look.company,
		serial: look.serial,
		common: look.common
	};
}());
