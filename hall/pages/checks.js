/*
 * Rows of the environment check: at step 1 for everything, before the PIN for the one key that was chosen. A row that
 * fails closes the way on; warn and unknown do not, and never what is another key's.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var MARKS = {ok: '✓', warn: '!', fail: '✕', unknown: '?', wait: '…'};

	function remedy(item) {
		if (!item.remedy) { return null; }
		var isAddress = /^https?:\/\//.test(item.remedy.url || '');
		return Hall.h('p.check-remedy', {}, [
			item.remedy.text,
			isAddress && ' ',
			isAddress && Hall.h('a', {
				href: item.remedy.url, target: '_blank', rel: 'noopener noreferrer', text: Hall.t('check.open')
			})
		]);
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
		return Hall.h('li.check.check-' + item.state, {'data-check': item.id, 'data-state': item.state, 'data-code': item.code}, [
			Hall.h('span.check-mark', {'aria-hidden': 'true', text: MARKS[item.state]}),
			Hall.h('div.check-body', {}, [
				Hall.h('p.check-name', {}, [
					Hall.t('check.' + item.id),
					Hall.h('span.hidden', {text: Hall.t('check.state.' + item.state)})
				]),
				Hall.h('p.check-text', {text: item.text}),
				remedy(item),
				action(item, changed)
			])
		]);
	}

	function failsFor(token, items) {
		return items.some(function (item) { return item.token === token && item.state === 'fail'; });
	}

	/* A failing row about one key stops nobody who has another key plugged in: the clerk chooses at the next step. */
	function closes(item, items) {
		if (item.state !== 'fail') { return item.state === 'wait'; }
		return !item.token || !items.some(function (other) { return other.token && !failsFor(other.token, items); });
	}

	Hall.checks = {
		row: row,
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
