using System.Diagnostics;

namespace StoryPortal.Bench.Load;

/// <summary>Runs a load test, and says every few seconds how far it is.</summary>
internal static class LoadRun
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Word = TimeSpan.FromSeconds(10);

    public static async Task<LoadOutcome> RunAsync(LoadScript script, LoadTarget target, CancellationToken stopped)
    {
        var agents = await target.CreateAgentsAsync(stopped);
        try
        {
            return await RunAsync(script, target, agents, stopped);
        }
        finally
        {
            await target.RemoveAgentsAsync(agents);
        }
    }

    private static async Task<LoadOutcome> RunAsync(LoadScript script, LoadTarget target, IReadOnlyList<Guid> agents, CancellationToken stopped)
    {
        var watch = Stopwatch.StartNew();
        var users = Enumerable.Range(0, script.MostUsers).Select(number => new LoadUser(target, agents, number)).ToList();
        var wanted = 0;
        var started = new List<Task>();
        var nextWord = Word;
        while (watch.Elapsed < script.Duration)
        {
            Volatile.Write(ref wanted, script.UsersAt(watch.Elapsed));
            while (started.Count < wanted)
            {
                var user = users[started.Count];
                started.Add(Task.Run(() => LiveAsync(user), stopped));
            }

            if (watch.Elapsed >= nextWord)
            {
                Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds,5:N0} s of {script.Duration.TotalSeconds:N0}  {wanted,4} users  {users.Sum(user => user.Samples.Count),9:N0} requests");
                nextWord += Word;
            }

            await Task.Delay(Step, stopped);
        }

        // Nobody begins another turn, and every turn that was begun ends.
        Volatile.Write(ref wanted, -1);
        await Task.WhenAll(started);
        return new LoadOutcome(script.Name, watch.Elapsed, [.. users.SelectMany(user => user.Samples)]);

        async Task LiveAsync(LoadUser user)
        {
            while (Volatile.Read(ref wanted) >= 0)
            {
                if (user.Number < Volatile.Read(ref wanted))
                {
                    await script.Turn(user, stopped);
                    user.Turns++;
                }
                else
                {
                    await Task.Delay(Step, stopped);
                }
            }
        }
    }
}
