/* An error of the agent or the hall → what the clerk reads: what happened, what to do, which buttons. Texts: problems.js. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};

	/* Times in the contract's texts and data are RFC 3339; a clerk reads dates. */
	function readable(text) {
		return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, Hall.format.date);
	}

	function hotline() {
		return Hall.state && Hall.state.hall && Hall.state.hall.hotline || '';
	}

	function fieldOf(data, name) {
		if (name === 'hotline') { return hotline() || Hall.t('hotline'); }
		var value = data[name];
		if (name === 'state' && Hall.hasText('state.' + value)) { return Hall.t('state.' + value); }
		return value === undefined || value === null ? '' : readable(String(value));
	}

	function filled(text, data) {
		return text.replace(/\[([^\]]*)\]/g, function (all, part) {
			var missing = (part.match(/\{\w+\}/g) || []).some(function (name) { return !fieldOf(data, name.slice(1, -1)); });
			return missing ? '' : part;
		}).replace(/\{(\w+)\}/g, function (all, name) { return fieldOf(data, name); });
	}

	/* The row of an error; null for a name that came with a newer agent or hall. */
	function rowOf(name, data) {
		var rows = Hall.problems;
		return rows[name + '.' + data.left] || rows[name + '.' + data.what] || rows[name] || null;
	}

	function side(error, part) {
		var data = error.data || {};
		var row = rowOf(error.name, data);
		return row && filled(row[part][Hall.language() === 'en' ? 1 : 0], data);
	}

	/* What failed, what to do; a newer agent's or hall's own words where the table lacks the name. */
	Hall.says = function (error) { return side(error, 'text') || readable(error.message || ''); };
	Hall.remedy = function (error) { return side(error, 'remedy') || ''; };

	function detailOf(error) {
		var data = error.data || {};
		var parts = [error.name, data.call, data.value, data.what, data.field].filter(Boolean);
		return Hall.t(error.code ? 'error.detail' : 'error.name', {code: Math.abs(error.code), detail: parts.join(' · ')});
	}

	/* options: {title, kind, actions} */
	Hall.problem = function (error, options) {
		var chosen = options || {};
		return Hall.notice(chosen.kind || 'bad', {
			title: chosen.title,
			text: Hall.says(error),
			hint: Hall.remedy(error),
			detail: detailOf(error),
			name: error.name,
			test: 'problem',
			actions: chosen.actions
		});
	};

	Hall.hotline = hotline;
}());
