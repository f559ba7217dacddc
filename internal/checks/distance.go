package checks

// distance is the number of runes to insert, delete or replace to make b of a, at most limit+1.
func distance(a, b []rune, limit int) int {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal, least := row[0], i+1
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
			least = min(least, cost)
		}
		if least > limit {
			return limit + 1
		}
	}
	return min(row[len(b)], limit+1)
}

// nearest finds the candidate with the least distance to s, as long as it is at most share of the longer one's length. Very
// short ones resemble nothing: a letter more or less makes another word of them. Of equally near ones the first counts;
// unique tells that there was no other.
func nearest(s string, candidates []string, share float64) (best string, unique bool) {
	const shortest, longest = 4, 200 // runes
	rs := []rune(s)
	if len(rs) < shortest || len(rs) > longest {
		return "", false
	}
	least := len(rs) + 1
	for _, c := range candidates {
		rc := []rune(c)
		limit := int(share * float64(max(len(rs), len(rc))))
		if len(rc) < shortest || len(rc) > longest || limit == 0 {
			continue
		}
		switch d := distance(rs, rc, min(limit, least)); {
		case d > limit:
		case d < least:
			best, least, unique = c, d, true
		case d == least && c != best:
			unique = false
		}
	}
	return best, unique
}
