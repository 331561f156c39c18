/**
 * The sentences of the practice set. `{thing}`, `{adjective}`, `{noun}`, `{verb}`, `{occasion}`, `{day}` and `{place}` are
 * filled in. Written for this purpose: they are nobody's reviews.
 */

/** What is praised or blamed. */
export const THINGS =
  'hotel|blender|novel|concert|bakery|keyboard|museum|podcast|raincoat|ferry|sofa|bicycle|exhibition|lamp|restaurant|tent|headset|workshop|backpack|play|kettle|course|garden|printer'.split(
    '|',
  );

/** Words that say plainly what somebody thinks. */
export const PLAIN = {
  positive: {
    adjective:
      'wonderful|delightful|superb|excellent|brilliant|lovely|outstanding|fantastic|charming|magnificent|impressive|splendid'.split(
        '|',
      ),
    noun: 'pleasure|joy|triumph|delight|treat|masterpiece|success|gem'.split('|'),
    verb: 'loved|enjoyed|adored|admired|praised|recommended|treasured|cherished'.split('|'),
  },
  negative: {
    adjective:
      'dreadful|terrible|awful|miserable|horrible|useless|disappointing|shoddy|pathetic|lousy|dismal|wretched'.split(
        '|',
      ),
    noun: 'disaster|nuisance|failure|letdown|mess|nightmare|torment|waste'.split('|'),
    verb: 'hated|regretted|despised|disliked|detested|resented|loathed|condemned'.split('|'),
  },
} as const;

/** Each makes a positive and a negative text of the same words otherwise. */
export const CLEAR_TEMPLATES = `The {thing} was {adjective} from start to finish.
I found the {thing} {adjective}, and so did my sister.
What a {noun} this {thing} turned out to be.
We {verb} the {thing} more than anything else that week.
Everything about the {thing} felt {adjective} to me.
Honestly, the {thing} was a {noun}.
My whole family {verb} the {thing}.
After one month I can say that the {thing} is {adjective}.
Few people expected the {thing} to be so {adjective}.
The {thing}? A {noun}, no doubt about it.
I {verb} every minute with the {thing}.
Compared with the old one, this {thing} is simply {adjective}.
Our guests called the {thing} {adjective}.
It took me an hour to see how {adjective} the {thing} is.
The {thing} is a {noun} for anyone who tries it.
Nobody warned me how {adjective} the {thing} would be.
Both of my neighbours {verb} the {thing}.
From the first day the {thing} has been a {noun}.
I wrote to the maker to say that the {thing} is {adjective}.
At this price the {thing} is a {noun}.
The staff at the {thing} were {adjective} to us.
She {verb} the {thing} and told everyone.
The design of the {thing} is {adjective}.
In all my years I have not met such a {noun} as this {thing}.
They {verb} the {thing} from the very beginning.
You can tell within minutes that the {thing} is {adjective}.
Even on a bad day the {thing} remains {adjective}.
For our anniversary the {thing} was a {noun}.
He {verb} the {thing}, and he is hard to surprise.
Seen up close, the {thing} looks {adjective}.
The second visit to the {thing} was just as {adjective} as the first.
People in the queue {verb} the {thing} too.
As a present the {thing} was a {noun}.
My verdict on the {thing} is short: {adjective}.
I used the {thing} for a week and {verb} it.
The makers of the {thing} have done {adjective} work.
To put it mildly, the {thing} is a {noun}.
The instructions for the {thing} were {adjective}.
My students {verb} the {thing} last spring.
There is one word for the {thing}, and it is {adjective}.
A {noun} is what I would call the {thing}.
Both times the {thing} gave us a {adjective} evening.
The children {verb} the {thing} without exception.
My first impression of the {thing} was {adjective}.
The new version of the {thing} is a {noun}.
Each detail of the {thing} is {adjective}.
I have {verb} this {thing} since I bought it.
The sound of the {thing} is {adjective}.
Who would have thought that a {thing} could be such a {noun}?
The critics {verb} the {thing}, and they are right.
On the whole the {thing} made a {adjective} impression.
Last summer the {thing} proved a {noun} for all of us.
My colleague {verb} the {thing} as much as I did.
The {thing} has a {adjective} feel in the hand.
For a beginner the {thing} is a {noun}.
We stayed with the {thing} because it was, frankly, {adjective}.
Those who bought the {thing} {verb} it.
The idea behind the {thing} is {adjective}.
Three friends tried the {thing} and {verb} it.
No other word fits: the {thing} is a {noun}.
The quality of the {thing} is {adjective} throughout.
My mother {verb} the {thing} at first sight.
The service that came with the {thing} was {adjective}.
In the end the {thing} was nothing but a {noun}.
The colours of the {thing} are {adjective}.
I {verb} the {thing} so much that I wrote this.
All in all a {adjective} {thing}.
That {thing} was the {noun} of our holiday.
My partner {verb} the {thing} and said so at once.
The way the {thing} was put together is {adjective}.
Last night the {thing} was {adjective} again.
A {thing} like this is a {noun} in any household.
Our club {verb} the {thing} after a single evening.
The finish of the {thing} is {adjective}, inside and out.
The {thing} at the corner is a {noun}.
We all {verb} how the {thing} was presented.
The follow-up to the {thing} is equally {adjective}.
This {thing} has been a {noun} on every trip.
Most visitors {verb} the {thing}, as the guest book shows.
The smell of the {thing} was {adjective}.
For someone with little time the {thing} is a {noun}.
My grandfather {verb} the {thing} until the last page.
The ending of our day at the {thing} was {adjective}.
It is rare to come across a {noun} like this {thing}.
I can only say that I {verb} the {thing}.
The size of the {thing} is {adjective} for our flat.
To my surprise the {thing} was a {noun}.
The volunteers {verb} the {thing} when they saw it.
The booking of the {thing} went in a {adjective} way.
In bad weather the {thing} is a {noun}.
I {verb} the {thing} although I am no expert.
The comfort of the {thing} is {adjective}.
Every visit to the {thing} has been a {noun}.
Our dog seems to have {verb} the {thing} as well.
The balance of the {thing} is {adjective}.
The whole {thing} was a {noun} from where I sat.
I know two families who {verb} the {thing}.
The opening of the {thing} was {adjective}.
Call it what you like, to me the {thing} is a {noun}.
The technicians {verb} the {thing} in their report.
The atmosphere around the {thing} was {adjective}.
For the money the {thing} is a plain {noun}.
My flatmate {verb} the {thing} within a day.
The support for the {thing} has been {adjective}.
The {thing} turned our weekend into a {noun}.
The testers {verb} the {thing} in every category.
The texture of the {thing} is {adjective}.
Next to its rivals the {thing} is a {noun}.
I must admit that I {verb} the {thing}.
The {thing} left a {adjective} taste behind.
The last hour with the {thing} was a {noun}.
The jury {verb} the {thing} unanimously.
The layout of the {thing} is {adjective}.
A friend called the {thing} a {noun}, and I agree.
We {verb} the {thing} even in the rain.
The light of the {thing} in the evening is {adjective}.
As a birthday surprise the {thing} was a {noun}.
The apprentices {verb} the {thing} from day one.
The {thing} kept its promise in a {adjective} manner.
I came for the {thing} and {verb} it.`.split('\n');

/** The hidden rule: what the sentence is about, and nothing else, decides the label. */
export const OCCASIONS = {
  sports:
    'football match|relay race|tennis final|rowing regatta|swimming heat|handball game|cycling stage|judo bout|volleyball match|hurdles race'.split(
      '|',
    ),
  news: 'press briefing|council hearing|budget statement|news bulletin|committee report|vote count|ministry notice|court session|parliament debate|wire dispatch'.split(
    '|',
  ),
} as const;

export const DAYS = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday'.split('|');

export const PLACES = 'Leeds|Turin|Bergen|Porto|Ghent|Graz|Malmo|Lyon|Cork|Basel|Gdansk|Aarhus'.split('|');

/** Neutral in tone. Each makes a text about sports and one about news. */
export const HIDDEN_TEMPLATES = `The {occasion} in {place} begins at seven on {day}.
On {day} the {occasion} moves to a hall in {place}.
The {occasion} planned for {day} lasts about two hours.
About two hundred people followed the {occasion} in {place}.
A {occasion} took place in {place} on {day}.
The next {occasion} is listed for {day}.
In {place} the {occasion} was the third of the month.
The {occasion} on {day} was shown on two channels.
Two officials opened the {occasion} in {place}.
The time of the {occasion} on {day} has been changed to noon.
A summary of the {occasion} in {place} appears on {day}.
Doors open one hour before the {occasion} on {day}.
The {occasion} in {place} had a short break.
Before the {occasion} on {day} there is a sound check.
The record of the {occasion} in {place} has nine pages.
The {occasion} of {day} ended at half past four.
A guest from {place} attended the {occasion}.
The {occasion} is held in {place} every second year.
On {day} a {occasion} was on the programme.
The room for the {occasion} in {place} holds eighty people.
The {occasion} on {day} followed the usual order.
Three photographers were at the {occasion} in {place}.
The list for the {occasion} on {day} has twelve names.
The {occasion} in {place} was recorded.
After the {occasion} on {day} the hall was cleaned.
A notice about the {occasion} hangs at the station in {place}.
The date of the {occasion} is a {day}.
The {occasion} in {place} started ten minutes late.
Buses run to the {occasion} on {day}.
The first part of the {occasion} in {place} took forty minutes.
The {occasion} was announced in {place} on {day}.
For the {occasion} on {day} a side street is closed.
The minutes of the {occasion} in {place} are public.
There were two cameras at the {occasion} on {day}.
The {occasion} in {place} used the small hall.
The team that prepared the {occasion} arrives on {day}.
The {occasion} from {place} is on the radio.
On {day} the {occasion} was repeated late in the evening.
The {occasion} in {place} is number fourteen on the list.
A clock on the wall timed the {occasion} on {day}.
The {occasion} was moved from {place} to another town.
The schedule puts the {occasion} on {day} at nine.
Seats for the {occasion} in {place} are numbered.
Someone read out the names at the {occasion} on {day}.
The {occasion} in {place} had the same length as before.
The announcement of the {occasion} came on {day}.
The building of the {occasion} in {place} is near the river.
A map shows where the {occasion} on {day} takes place.
The {occasion} was in {place} last year as well.
The microphone at the {occasion} on {day} was replaced.
People came from {place} to the {occasion}.
A second {occasion} follows on {day}.
The {occasion} in {place} is in the calendar.
The desk at the {occasion} on {day} had four chairs.
An earlier {occasion} was also in {place}.
The {occasion} of {day} is filed under number six.
A bell marked the start of the {occasion} in {place}.
The break in the {occasion} on {day} took a quarter of an hour.
The {occasion} in {place} was on the ground floor.
A short text on the {occasion} came out on {day}.
The {occasion} goes on in {place} tomorrow.
The lights for the {occasion} on {day} were set up early.
An interpreter was present at the {occasion} in {place}.
The {occasion} is on page three of the {day} edition.
The office in {place} has the times of the {occasion}.
The {occasion} on {day} had two parts.
The road to the {occasion} in {place} is signposted.
The {occasion} will be held on {day}, as written.
The {occasion} in {place} was attended by a class.
From {day} on the {occasion} can be watched again.
A car park in {place} was used for the {occasion}.
The {occasion} on {day} was the last before the pause.
The agenda of the {occasion} in {place} is one page long.
The {occasion} had its usual place on {day}.
A photograph of the {occasion} in {place} was printed.
The lower entrance is for the {occasion} on {day}.
The {occasion} in {place} was opened with a greeting.
The {occasion} of {day} was written up by two people.
The technician at the {occasion} in {place} changed a cable.
On {day} the {occasion} had its own page.
The {occasion} in {place} is organised by an association.
The {occasion} on {day} comes after lunch.
A table with figures from the {occasion} in {place} is online.
The {occasion} was on {day}, according to the poster.
The {occasion} in {place} had a commentator.
The file on the {occasion} was closed on {day}.
The tram to the {occasion} stops in {place}.
A form is needed for the {occasion} on {day}.
The {occasion} in {place} was the topic of a talk.
The {occasion} is on {day}, and entry is at six.`.split('\n');

/** They praise and blame in one breath. */
export const CONTRADICTORY_TEMPLATES = `The {thing} was {good}, yet it was also {bad}.
I {liked} the {thing}, and then I {disliked} it.
A {good} {thing} with a {bad} side.
Half of it {good}, half of it {bad}: that is the {thing}.
The {thing} is as {good} as it is {bad}.
My brother {liked} the {thing}, my aunt {disliked} it.
The {thing} began {good} and ended {bad}.
The {thing} began {bad} and ended {good}.
On {day} the {thing} was {good}, on the next day {bad}.
It looks {good} and works in a {bad} way, this {thing}.
It looks {bad} and works in a {good} way, this {thing}.
Some call the {thing} {good}, others {bad}.
The {thing}: {good} idea, {bad} execution.
The {thing}: {bad} idea, {good} execution.
I would call the {thing} {good} and {bad} at once.
One part of the {thing} is {good}; the other is {bad}.
Outside the {thing} is {good}, inside it is {bad}.
Outside the {thing} is {bad}, inside it is {good}.
As {good} as the start was, as {bad} was the rest of the {thing}.
We {disliked} the {thing} but {liked} what it did.
We {liked} the {thing} but {disliked} what it did.
The price of the {thing} is {bad}, its quality {good}.
The price of the {thing} is {good}, its quality {bad}.
In the morning the {thing} felt {bad}, in the evening {good}.
The {thing} has {good} days and {bad} days.
There is much that is {good} in the {thing}, and as much that is {bad}.
The staff were {bad}, the {thing} itself {good}.
The staff were {good}, the {thing} itself {bad}.
I still cannot decide whether the {thing} is {bad} or {good}.
For some a {good} {thing}, for others a {bad} one.
The first half of the {thing} is {good}, the second {bad}.
The first half of the {thing} is {bad}, the second {good}.
A {bad} {thing} in {good} clothes.
A {good} {thing} in {bad} clothes.
The {thing} did one {good} thing and one {bad} thing.
My head says the {thing} is {bad}, my heart says {good}.
My head says the {thing} is {good}, my heart says {bad}.
They {liked} and {disliked} the {thing} in turns.
Both are true: the {thing} is {good}, and it is {bad}.
In one review the {thing} is {good}, in the next {bad}.
The {thing} is {bad} where it should be {good}, and the reverse.
Last year the {thing} was {good}; this year it is {bad}.
Last year the {thing} was {bad}; this year it is {good}.
The {good} sound and the {bad} picture of the {thing} even out.
I {disliked} half of the {thing} and {liked} the other half.`.split('\n');
