/*
 * Rows of the environment check: at step 1 for everything, before the PIN for the one key that was chosen. A row that
 * fails closes the way on; warn and unknown do not, and never what is another key's. A clerk reads three lines, 控件,
 * 驱动 and Key; under them what is not well, and the rest folded.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var look = window.KeyhallLook;
	var GROUPS = [
		{id: 'control', rows: ['link', 'agent', 'version', 'browser', 'hall', 'anchors', 'window', 'state', 'clock']},
		{id: 'driver', rows: ['driver', 'reader', 'other']},
		{id: 'key', rows: ['usb', 'key', 'pin', 'space', 'certificate', 'pending']}
	];
	var WORST = ['fail', 'wait', 'warn', 'ok', 'unknown'];

	/* Where a row's remedy can be had from this hall. */
	function addressOf(item) {
		var hall = Hall.state.hall || {}, kind = item.remedy && item.remedy.kind;
		if (item.code === 'certificate.late') { return Hall.applyAddress(); }
		if (kind === 'driver') { return hall.driver && hall.driver.download; }
		return kind === 'install' && item.id === 'agent' ? hall.agent && hall.agent.download : '';
	}

	function linked(item) {
		var address = item.remedy && !item.remedy.url && addressOf(item);
		if (!address) { return item; }
		var copy = {}, name;
		for (name in item) { if (Object.prototype.hasOwnProperty.call(item, name)) { copy[name] = item[name]; } }
		copy.remedy = {
			kind: item.remedy.kind, text: item.remedy.text, url: address,
			link: Hall.t(item.code === 'certificate.late' ? 'apply' : 'download')
		};
		return copy;
	}

	/* changed(): the clerk has mended it on the page. */
	function action(item, changed) {
		if (item.code !== 'pin.expired') { return null; }
		var place = Hall.h('div', {'aria-live': 'polite'});
		return Hall.h('div.check-action', {}, [
			Hall.h('div.actions', {}, [Hall.changePin(item.token, place, changed)]),
			place
		]);
	}

	function row(item, changed) {
		return look.check(Hall.language(), linked(item), Hall.t('check.' + item.id), [action(item, changed)]);
	}

	function failsFor(token, items) {
		return items.some(function (item) { return item.token === token && item.state === 'fail'; });
	}

	/* A failing row about one key stops nobody who has another key plugged in: the clerk chooses at the next step. */
	function closes(item, items) {
		if (item.state !== 'fail') { return item.state === 'wait'; }
		return !item.token || !items.some(function (other) { return other.token && !failsFor(other.token, items); });
	}

	function groupOf(item) {
		return GROUPS.filter(function (group) { return group.rows.indexOf(item.id) >= 0; })[0] || GROUPS[0];
	}

	function worst(items) {
		return WORST.filter(function (state) { return items.some(function (item) { return item.state === state; }); })[0] || 'wait';
	}

	/* A line of the clerk's: how the group is, in its first bad row's words, else in those of its main row. */
	function line(group, items, waiting) {
		var own = items.filter(function (item) { return groupOf(item) === group; });
		var state = own.length || !waiting ? worst(own) : 'wait';
		var text = own.length === 0 ? Hall.t(waiting ? 'group.wait' : 'group.unknown') : Hall.t('group.' + state);
		var shown = own.length === 0 && !waiting ? 'unknown' : state;
		var item = look.check(Hall.language(), {id: group.id, state: shown, text: text}, Hall.t('group.' + group.id + '.name'));
		item.removeAttribute('data-check');
		item.setAttribute('data-group', group.id);
		return item;
	}

	function isQuiet(item) { return item.state === 'ok' || item.state === 'unknown'; }

	Hall.checks = {
		row: row,
		/* waiting: what is not there yet is still being checked */
		fill: function (place, items, waiting, changed) {
			var loud = items.filter(function (item) { return !isQuiet(item); });
			var quiet = items.filter(isQuiet);
			Hall.fill(place, [
				Hall.h('ul.checks.groups', {'data-test': 'groups'}, GROUPS.map(function (group) { return line(group, items, waiting); })),
				loud.length > 0 && Hall.h('ul.checks', {'data-test': 'checks'}, loud.map(function (item) { return row(item, changed); })),
				quiet.length > 0 && Hall.h('details.more', {}, [
					Hall.h('summary', {text: Hall.t('check.passed', {n: quiet.length}), 'data-test': 'check-details'}),
					Hall.h('ul.checks', {}, quiet.map(function (item) { return row(item, changed); }))
				])
			]);
		},
		closing: function (items) { return items.filter(function (item) { return closes(item, items); }); },
		/* done(rows that fail for this key); an agent that cannot tell stops nobody here. */
		ofKey: function (token, done) {
			Hall.agent.call('environment.check', {token: token.token}, function (error, answer) {
				done(error ? [] : answer.items.filter(function (item) {
					return item.state === 'fail' && (!item.token || item.token === token.token);
				}));
			});
		}
	};
}());
