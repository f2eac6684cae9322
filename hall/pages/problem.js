/* An error of the agent or the hall → what the clerk reads: what happened, what to do, which buttons. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};

	function shownTime(value) {
		return value ? Hall.format.date(value) : '';
	}

	/* The contract's texts carry times as RFC 3339; a clerk reads dates. */
	function readable(text) {
		return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, shownTime);
	}

	function hintOf(error) {
		var left = error.data && error.data.left;
		var names = [left && 'hint.' + error.name + '.' + left, 'hint.' + error.name];
		for (var i = 0; i < names.length; i += 1) {
			if (names[i] && Hall.hasText(names[i])) { return Hall.t(names[i], {hotline: hotline()}); }
		}
		return '';
	}

	function hotline() {
		return Hall.state && Hall.state.hall && Hall.state.hall.hotline || '';
	}

	function detailOf(error) {
		var data = error.data || {};
		var parts = [error.name, data.call, data.value, data.what, data.field].filter(Boolean);
		return Hall.t('error.detail', {detail: parts.join(' · ')});
	}

	function holderOf(error) {
		return error.data && error.data.holder ? ' ' + Hall.t('error.holder', {holder: error.data.holder}) : '';
	}

	/* options: {title, kind, actions, text} */
	Hall.problem = function (error, options) {
		var chosen = options || {};
		var text = Hall.hasText('error.' + error.name) ? Hall.t('error.' + error.name) : readable(error.message || '');
		return Hall.notice(chosen.kind || 'bad', {
			title: chosen.title,
			text: text + holderOf(error),
			hint: hintOf(error),
			detail: detailOf(error),
			name: error.name,
			test: 'problem',
			actions: chosen.actions
		});
	};

	Hall.hotline = hotline;
}());
