using System.Net.Sockets;

namespace StoryPortal.Bench.Measuring;

/// <summary>Waits for servers that were started a moment ago.</summary>
internal static class Reachable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Returns when somebody listens there.</summary>
    public static async Task Async(Uri address, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(address.Host, address.Port, deadline.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new MeasurementFailedException($"Nobody listens at {address}.");
            }
        }
    }
}
