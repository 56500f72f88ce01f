using System.Diagnostics;
using Jint.Native;
using Jint.Runtime;

namespace StoryPortal.Bench.Load;

/// <summary>Runs a k6 script in this process where k6 is not installed: virtual users come and go by its stages, each on a thread of its own.</summary>
internal static class LoadRun
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    /// <summary>Runs a script and lets it report its summary; returns whether every threshold was met.</summary>
    /// <param name="script">The name of the script.</param>
    /// <param name="variables">What the script reads from its environment.</param>
    /// <param name="output">Takes what <c>handleSummary</c> prints.</param>
    /// <param name="stopped">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    public static async Task<bool> RunAsync(string script, IReadOnlyDictionary<string, string> variables, TextWriter output, CancellationToken stopped)
    {
        using var client = new HttpClient();
        using var first = new K6Engine(script, variables, client);
        var options = first.Exported("options");
        var data = first.Has("setup") ? first.JsonOf(first.Call("setup")).GetRawText() : "null";
        var watch = Stopwatch.StartNew();
        List<K6Engine> users = [];
        try
        {
            await IterateAsync(script, variables, client, new LoadStages(options.GetProperty("stages")), data, users, stopped);
        }
        finally
        {
            if (first.Has("teardown"))
            {
                first.Call("teardown", first.Value(data));
            }
        }

        List<K6Engine> all = [first, .. users];
        var summary = new LoadSummary(
            options, watch.Elapsed, [.. all.SelectMany(user => user.TakeSamples())], [.. all.SelectMany(user => user.Checks.Select(check => check.Passed))]);
        await output.WriteAsync(first.JsonOf(first.Call("handleSummary", first.Value(summary.ToJson()))).GetProperty("stdout").GetString());
        users.ForEach(user => user.Dispose());
        return summary.Passed;
    }

    private static async Task IterateAsync(
        string script, IReadOnlyDictionary<string, string> variables, HttpClient client, LoadStages stages, string data, List<K6Engine> users, CancellationToken stopped)
    {
        Console.Error.WriteLine($"{script}, up to {stages.MaxUsers} users for {stages.Duration.TotalSeconds:N0} s");
        var watch = Stopwatch.StartNew();
        var wanted = 0;
        var nextProgress = ProgressInterval;
        List<Task> running = [];
        try
        {
            while (watch.Elapsed < stages.Duration)
            {
                Volatile.Write(ref wanted, stages.UsersAt(watch.Elapsed));
                while (users.Count < wanted)
                {
                    var number = users.Count + 1;
                    var user = new K6Engine(script, variables, client, number, pause => stopped.WaitHandle.WaitOne(pause));
                    users.Add(user);
                    running.Add(Task.Factory.StartNew(() => Live(user, number), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
                }

                if (watch.Elapsed >= nextProgress)
                {
                    Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds,5:N0} s of {stages.Duration.TotalSeconds:N0}  {wanted,4} users  {users.Sum(user => user.Iterations),9:N0} iterations");
                    nextProgress += ProgressInterval;
                }

                await Task.Delay(Step, stopped);
            }
        }
        finally
        {
            Volatile.Write(ref wanted, -1); // no iteration begins, and every iteration that has begun ends
            await Task.WhenAll(running);
        }

        void Live(K6Engine user, int number)
        {
            var own = user.Value(data);
            while (Volatile.Read(ref wanted) >= 0)
            {
                if (number <= Volatile.Read(ref wanted))
                {
                    Iterate(user, own);
                }
                else
                {
                    stopped.WaitHandle.WaitOne(Step);
                }
            }
        }
    }

    // As k6: an error ends the iteration, not the user.
    private static void Iterate(K6Engine user, JsValue data)
    {
        try
        {
            user.Iterate(data);
        }
        catch (JavaScriptException error)
        {
            Console.Error.WriteLine(error.Message);
        }
    }
}
