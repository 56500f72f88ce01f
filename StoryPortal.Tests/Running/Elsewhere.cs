using System.Runtime.InteropServices;

namespace StoryPortal.Tests.Running;

/// <summary>Callers that mean no good are on machines of their own: here they get only the processor time that nobody else wants, or it would be they who slow everything down.</summary>
internal static class Elsewhere
{
    private const int OfThread = 0;
    private const int Lowest = 19;

    /// <summary>Runs <paramref name="calls"/>, which may block, on a thread of the lowest priority.</summary>
    public static Task RunAsync(Action calls)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                if (OperatingSystem.IsLinux())
                {
                    Assert.Equal(0, SetPriority(OfThread, 0, Lowest));
                }

                calls();
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        thread.Start();
        return done.Task;
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [DllImport("libc", EntryPoint = "setpriority")]
    private static extern int SetPriority(int which, uint who, int priority);
}
