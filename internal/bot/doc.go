// Package bot is the loop that turns mails into replies. This comment is the architecture document of patchbot.
//
// # The way of one mail
//
// A mail's journey is a straight line, and each package is one station of it:
//
//  1. mailbox fetches raw messages after the cursor;
//  2. email.Parse reads the bytes into a Message;
//  3. patch.Classify says whether it is a patch, a cover letter, a reply or nothing for us, always with a reason;
//  4. store.Record writes the message, its journal line and the new cursor in one transaction: from here on nothing can be
//     lost;
//  5. patch.Assemble makes series of the related messages, complete or with the missing parts named;
//  6. repo fetches the base when a review begins;
//  7. repo applies the series part by part to the tree of the base, in memory;
//  8. wiki indexes the changed pages of both trees;
//  9. checks.Run finds what the series introduces;
//  10. review.Judge and review.Compose make the verdict and the reply;
//  11. store.FinishSeries writes the report and the reply's final bytes in one transaction;
//  12. mailbox sends the reply, and the store marks it sent.
//
// Stations 7 to 10 are review.Review, which the command line calls too. [Bot.Take] is 2 to 5, the worker 6 to 11, the
// sender 12. The bot knows no protocol: the command plugs package
// mailbox into [Inbox] and [Outlet], prober into [Links], tracker into [Tracker].
//
// # Laws
//
// Recorded before acted on. The process may be killed between any two stations. A message that was recorded but not yet
// assembled is found at the next start ([store.DB.Unassembled]); a review that did not finish is claimed again when its
// lease ends; a reply caught between sending and sent is looked for in the bot's own mailbox before it may leave again.
//
// The series row is the job. A version of a series is claimed by one worker at a time, under a lease with a fencing epoch;
// a part that arrives during a review changes the series' digest and voids the claim, so that the finished review of an
// older set of parts is thrown away instead of sent. A claim is renewed while the work on it goes on: when a daemon dies,
// another on the same database takes the work over within a minute.
//
// One reply per version and verdict. The key of a reply is made of series, version and verdict, and so is its Message-ID:
// the store refuses the second one, and so does every archive that knows Message-IDs.
//
// What a series stands on may come later. A version keeps the names of what it needs (store.SeriesUpdate.Needs); the
// assembly of a series that has one of them makes it due again, in the same transaction.
//
// A link that nobody could judge is not broken. Reviews have external links asked through [Links]; what gave no proof is a
// job of its own, written with the report, and asked again after 1, 6 and 24 hours while the series is open. Only what turns
// out dead is said, once.
//
// What sites beside the list show of a verdict follows the mail and never holds it. The mark is written with the report and
// goes when a [Tracker] has shown it; showing it twice shows it once, so that a mark caught in between is shown again.
//
// Each list says what is written, to whom and when (List): a verdict it wants no mail about is recorded like any other, a
// reply waits for the end of the quiet hours in the outbox, and one that a moderator reads first is held, with the mail that
// shows it, in the transaction of its review. What a person released is bound by no cap, and by the law of the outbox.
//
// A branch that moves makes the open series of its wiki due once more. One that the branch got is applied; for the others the
// verdict follows the branch, and a mail tells at most once that a series applies no longer.
//
// What could not be done is nobody's fault. A failing fetch, a full disk, a silent server put the work back with a growing
// delay and are told to the operator; the author of a patch never reads about them. When patches wait for too long, or
// replies are held, the operator gets a mail by the same outbox ([Alert]), one for each incident.
//
// The clock may be wrong. Work that a clock ahead of its time has put off is moved back with it ([store.DB.Rewind]), and
// nobody gives a reply up by the clock alone.
//
// # Goroutines
//
// [Bot.Run] owns four: intake, worker, sender and marker, which has trackers show verdicts. Each advances its own stamp
// ([Bot.Progress]) whenever it has done something or has found nothing to do, which is what a watchdog may trust. They meet
// only in the store and in three wake-up channels of capacity one.
package bot
