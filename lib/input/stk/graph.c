/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom, as stk's own JSON has it. */
#include "stk.h"

#include <stdlib.h>
#include <string.h>

static struct stk_party party_of(struct reading *r, const json_t *object)
{
	static const struct member members[] = {
		{ "kind", TEXT | NEEDED, 0 },
		{ "id", NUMBER | NEEDED, 0 },
		{ "target", TEXT, 0 },
		{ NULL, 0, 0 },
	};
	struct stk_party party = { .kind = STK_THREAD };
	const struct word *kind;

	check_members(r, "a party", object, members);
	kind = word_of(r, object, "kind", &words_task_kind);
	if (kind)
		party.kind = kind->value;
	party.id = number_of(object, "id", 0);
	return party;
}

static const struct stk_party *parties_of(struct reading *r, const json_t *list,
					  uint32_t *ret_count)
{
	size_t count = json_array_size(list), i;
	struct stk_party *parties = builder_alloc(trace_builder(r->t),
						  (count + 1) * sizeof(*parties));
	const json_t *object;

	json_array_foreach(list, i, object) parties[i] = party_of(r, object);
	*ret_count = (uint32_t)count;
	return parties;
}

void read_verdicts(struct reading *r, const json_t *verdicts)
{
	static const struct member members[] = {
		{ "kind", TEXT | NEEDED, 0 },
		{ "certainty", TEXT | NEEDED, 0 },
		{ "text", TEXT | NEEDED, 0 },
		{ "basis", TEXT, 0 },
		{ "address", HEX, 0 },
		{ "tasks", LIST | NEEDED, 0 },
		{ "behind", NUMBER | NEEDED, UINT32_MAX },
		{ NULL, 0, 0 },
	};
	const json_t *object;
	size_t i;

	json_array_foreach(verdicts, i, object)
	{
		const struct word *kind = word_of(r, object, "kind", &words_verdict);
		const struct word *certainty = word_of(r, object, "certainty", &words_certainty);
		struct stk_verdict verdict = {
			.text = text_or_empty(r->t, object, "text"),
			.basis = text_of(r->t, object, "basis"),
			.address = number_of(object, "address", 0),
			.behind = small_of(object, "behind"),
		};

		check_members(r, "a verdict", object, members);
		/* one of a later version says what this one cannot */
		if (!kind)
			continue;
		verdict.kind = (enum stk_verdict_kind)kind->value;
		verdict.certainty = certainty ? (enum stk_certainty)certainty->value : STK_POSSIBLE;
		verdict.tasks = parties_of(r, json_object_get(object, "tasks"), &verdict.ntasks);
		builder_verdict(trace_builder(r->t), &verdict);
	}
}

void read_objects(struct reading *r, const json_t *objects)
{
	static const struct member members[] = {
		{ "kind", TEXT | NEEDED, 0 },
		{ "address", HEX | NEEDED, 0 },
		{ "name", TEXT | OR_NULL | NEEDED, 0 },
		{ "owner", OBJECT | OR_NULL | NEEDED, 0 },
		{ "gone", BOOL, 0 },
		{ "waiters", LIST | NEEDED, 0 },
		{ NULL, 0, 0 },
	};
	const json_t *value;
	size_t i;

	json_array_foreach(objects, i, value)
	{
		const json_t *owner = json_object_get(value, "owner");
		struct stk_object object = {
			.kind = text_or_empty(r->t, value, "kind"),
			.name = text_of(r->t, value, "name"),
			.address = number_of(value, "address", 0),
			.gone = flag_of(value, "gone"),
			.owned = json_is_object(owner),
		};

		check_members(r, "an object", value, members);
		if (object.owned)
			object.owner = party_of(r, owner);
		object.waiters = parties_of(r, json_object_get(value, "waiters"), &object.nwaiters);
		builder_object(trace_builder(r->t), &object);
	}
}
